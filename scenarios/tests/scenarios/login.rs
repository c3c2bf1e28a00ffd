//! The login. A wrong password is in `smoke`.

use scenarios::prelude::*;

use super::arena_with;

/// Without a login every request is refused.
#[tokio::test]
async fn nobody_gets_in_without_a_login() -> Result {
    arena_with(needs().a_login(), async |arena| {
        let refusal = arena.client_without_login().apps().await.expect_err("a login is needed");
        assert!(refusal.is_unauthorized(), "{refusal}");
        Ok(())
    })
    .await
}

/// An invalid token is refused, and cannot be renewed.
#[tokio::test]
async fn forged_token_is_refused() -> Result {
    arena_with(needs().a_login(), async |arena| {
        let refusal = arena.client_with_token("not.a.token").info().await.expect_err("this token is forged");
        assert!(refusal.is_unauthorized(), "{refusal}");
        Ok(())
    })
    .await
}

/// A token that expires during a run is renewed, and no request fails.
#[tokio::test]
async fn expired_token_is_renewed() -> Result {
    arena_with(needs().tokens_that_expire_after(secs(30)), async |arena| {
        let app = arena.deploy(App::listener(Mesos, MesosTcp)).await?;
        arena.wait_for(&app, healthy(1)).await?;
        arena.wait_for(&app, stays_healthy_for(secs(100))).await?;
        app.scale_to(2).await?;
        arena.wait_for(&app, healthy(2).and(settled())).await?;
        Ok(())
    })
    .await
}
