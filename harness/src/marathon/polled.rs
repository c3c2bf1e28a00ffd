//! The answer to a poll, whose tasks stay as they were written.

use http::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json, value::to_raw_value};

use super::{
    Client, Error, Result,
    ask::{Ask, Target},
};
use crate::model::{
    App,
    listing::{self, Tasks},
};

impl Client {
    /// [`Client::app`] for who polls an app of many tasks: `tasks` makes something of each, and the app has none of them.
    ///
    /// # Errors
    /// As every method: see [`Error`].
    pub async fn app_and<T: Tasks>(&self, id: &str, tasks: &mut T) -> Result<(App, Vec<T::Made>)> {
        let ask = Ask::get(Target::path("v2/apps").then(id));
        let (url, _, body) = self.connection.fetch(ask).await?;
        let no_app = |error: serde_json::Error| {
            Error::body(&Method::GET, url.clone(), format!("no app: {}", text::plain::json(&error.to_string())), &body)
        };
        if let Some((app, made)) = std::str::from_utf8(&body).ok().and_then(|body| apart(body, tasks)) {
            return Ok((App::from_value(Value::Object(app)).map_err(no_app)?, made));
        }
        // What is no app, and what is written in a way that is not looked for, such as with an escaped key.
        let mut answer: Value = self.connection.parse(&Method::GET, &url, &body)?;
        let mut app = answer.get_mut("app").map(Value::take).unwrap_or_default();
        let listed = app.as_object_mut().and_then(|app| app.remove("tasks"));
        let listed = listed.as_ref().and_then(Value::as_array).into_iter().flatten();
        tasks.begin();
        let made = listed.filter_map(|task| to_raw_value(task).ok()).map(|task| tasks.read(&task)).collect();
        Ok((App::from_value(app).map_err(no_app)?, made))
    }
}

/// An app without its tasks, and what became of them.
type Apart<T> = (Map<String, Value>, Vec<T>);

/// Takes the tasks out of the app of an answer. None where this is not how the body is written.
///
/// An answer with 10,000 tasks has some 6 MB, nearly all of it the same as in the answer before. So the list is taken out of the
/// text first, task by task, and only the rest is read as JSON.
fn apart<T: Tasks>(body: &str, tasks: &mut T) -> Option<Apart<T::Made>> {
    let (rest, made) = listing::apart(body, tasks)?;
    let Answer { mut app } = serde_json::from_str(&rest).ok()?;
    // Another list of this name, deeper in the app, leaves this one as it is.
    (app.remove("tasks")? == json!([listing::LISTED])).then_some((app, made))
}

#[derive(Deserialize)]
struct Answer {
    app: Map<String, Value>,
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;

    /// The texts of the tasks; with those that it foresees.
    #[derive(Default)]
    struct Texts {
        foresees: Option<&'static str>,
        foreseen: usize,
    }

    impl Tasks for Texts {
        type Made = String;

        fn begin(&mut self) {
            self.foreseen = 0;
        }

        fn foreseen(&mut self, rest: &str) -> Option<(String, usize)> {
            let text = self.foresees.filter(|text| rest.starts_with(text))?;
            self.foreseen += 1;
            Some((text.to_owned(), text.len()))
        }

        fn read(&mut self, task: &RawValue) -> String {
            task.get().to_owned()
        }
    }

    #[test]
    fn tasks_stay_as_they_were_written() {
        let text = r#"{"app": {"id": "/hc", "tasks":[ {"id":  1.50}, null,[1],"a" ], "instances": 2}}"#;
        for foresees in [None, Some(r#"{"id":  1.50}"#)] {
            let mut texts = Texts { foresees, ..Texts::default() };
            let (app, made) = apart(text, &mut texts).unwrap();
            assert_eq!(made, [r#"{"id":  1.50}"#, "null", "[1]", r#""a""#]);
            assert_eq!(Value::Object(app), serde_json::json!({"id": "/hc", "instances": 2}));
            assert_eq!(texts.foreseen, usize::from(foresees.is_some()));
        }
        for none in [r#"{"app":{"tasks":[ ]}}"#, r#"{"app":{"tasks": []}}"#] {
            assert_eq!(apart(none, &mut Texts::default()).unwrap(), (Map::new(), Vec::new()));
        }
    }

    #[test]
    fn a_list_that_is_not_the_apps_own_and_a_broken_one_are_left_to_the_reader_of_json() {
        for other in [
            r#"{"app":{"deeper":{"tasks":["a"]},"tasks":["b"]}}"#,
            r#"{"tasks":["a"],"app":{"id":"/hc"}}"#,
            r#"{"app":{"tasks":["a" "b"]}}"#,
            r#"{"app":{"tasks":["a",]}}"#,
            r#"{"app":{"tasks":["a"}}"#,
            r#"{"app":{"tasks":["a"]}"#,
            r#"{"app":{"labels":{"a":"\"tasks\":["}}}"#,
            r#"{"app":{"tasks":"a"}}"#,
        ] {
            assert!(apart(other, &mut Texts::default()).is_none(), "{other}");
        }
    }
}
