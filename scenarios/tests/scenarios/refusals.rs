//! What Marathon refuses, and what it accepts although it looks wrong.

use eyre::{bail, ensure};
use fixtures::answers::{self, ACCEPTED, Answer, Change, REFUSALS};
use scenarios::prelude::*;

use super::arena;

/// Each wrong field is refused with Marathon's text.
#[tokio::test]
async fn wrong_definitions_are_refused_with_the_reason() -> Result {
    arena(async |arena| {
        for change in REFUSALS {
            match arena.offer(change.body()).await {
                Ok(id) => bail!("{}: taken as {id}", change.name),
                Err(refusal) => is_refused_as(change, &refusal)?,
            }
        }
        Ok(())
    })
    .await
}

/// Values that look wrong and are accepted.
#[tokio::test]
async fn odd_definitions_are_accepted() -> Result {
    arena(async |arena| {
        for (n, change) in ACCEPTED.iter().enumerate() {
            let mut definition = change.body();
            definition["id"] = format!("/odd-{n}").into();
            definition["instances"] = 0.into();
            if let Err(refusal) = arena.offer(definition).await {
                bail!("{}: {refusal}", change.name);
            }
        }
        Ok(())
    })
    .await
}

/// No pair of containerizer and check is refused.
#[tokio::test]
async fn every_pair_is_accepted() -> Result {
    arena(async |arena| {
        for pair in Pair::all() {
            assert_eq!(answers::answer(pair), Answer::Created);
            let id = format!("/{}", pair.file_stem().replace('_', "-"));
            arena.deploy(App::of(pair).id(id).instances(0)).await?;
        }
        Ok(())
    })
    .await
}

/// An id in use is refused.
#[tokio::test]
async fn app_that_exists_is_not_created_again() -> Result {
    arena(async |arena| {
        let app = arena.deploy(App::listener(Mesos, Tcp).instances(0)).await?;
        arena.wait_for(&app, settled()).await?;
        let refusal = arena.offer(app.app().to_json()).await.expect_err("there is one of this id");
        assert!(refusal.to_string().contains("already exists"), "{refusal}");
        Ok(())
    })
    .await
}

/// An app that does not exist is not found.
#[tokio::test]
async fn unknown_app_is_not_found() -> Result {
    arena(async |arena| {
        let nobody = arena.own("/nobody");
        let refusal = arena.client().app(&nobody).await.expect_err("there is no such app");
        assert!(refusal.is_not_found(), "{refusal}");
        let refusal = arena.client().tasks(&nobody).await.expect_err("there is no such app");
        assert!(refusal.is_not_found(), "{refusal}");
        let refusal = arena.client().delete_app(&nobody, false).await.expect_err("there is no such app");
        assert!(refusal.is_not_found(), "{refusal}");
        Ok(())
    })
    .await
}

fn is_refused_as(change: &Change, refusal: &harness::Error) -> Result {
    let Answer::Refused { status, message, details } = &change.answer else {
        bail!("{}: refused though it should be taken: {refusal}", change.name);
    };
    ensure!(refusal.status_code().is_some_and(|code| code.as_u16() == *status), "{}: {refusal}", change.name);
    ensure!(refusal.message() == Some(*message), "{}: the message should be `{message}`: {refusal}", change.name);
    let text = refusal.to_string();
    for (path, error) in *details {
        ensure!(text.contains(&format!("{path}: {error}")), "{}: no `{path}: {error}` in {text}", change.name);
    }
    Ok(())
}
