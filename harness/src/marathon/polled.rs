//! The answer to a poll, whose tasks stay as they were written.

use std::fmt;

use http::Method;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{
    Map, Value,
    value::{RawValue, to_raw_value},
};

use super::{
    Client, Error, Result,
    ask::{Ask, Target},
};
use crate::model::App;

impl Client {
    /// [`Client::app`] for who polls an app of many tasks: `each` makes something of each task as it was written, and the app has
    /// none of them.
    ///
    /// # Errors
    /// As every method: see [`Error`].
    pub async fn app_and<T>(&self, id: &str, mut each: impl FnMut(&RawValue) -> T) -> Result<(App, Vec<T>)> {
        let ask = Ask::get(Target::path("v2/apps").then(id));
        let (url, _, body) = self.connection.fetch(ask).await?;
        let no_app =
            |error: serde_json::Error| Error::body(&Method::GET, url.clone(), format!("no app: {error}"), &body);
        if let Ok(whole) = serde_json::from_slice::<Polled<'_>>(&body) {
            let app = App::from_value(Value::Object(whole.app.rest)).map_err(no_app)?;
            return Ok((app, whole.app.tasks.into_iter().map(each).collect()));
        }
        // Whatever is odd about it, reading it as every other answer says what.
        let mut answer: Value = self.connection.parse(&Method::GET, &url, &body)?;
        let app = answer.get_mut("app").map(Value::take).unwrap_or_default();
        let tasks: Vec<_> =
            app["tasks"].as_array().into_iter().flatten().filter_map(|task| to_raw_value(task).ok()).collect();
        let tasks = tasks.iter().map(|task| each(task)).collect();
        Ok((App::from_value(app).map_err(no_app)?, tasks))
    }
}

/// `{"app": …}`.
#[derive(Deserialize)]
struct Polled<'a> {
    #[serde(borrow)]
    app: Parts<'a>,
}

/// An app, with its tasks apart.
#[derive(Default)]
struct Parts<'a> {
    tasks: Vec<&'a RawValue>,
    rest: Map<String, Value>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Parts<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Apart)
    }
}

struct Apart;

impl<'de> Visitor<'de> for Apart {
    type Value = Parts<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an app")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut app: A) -> Result<Parts<'de>, A::Error> {
        let mut parts = Parts::default();
        while let Some(key) = app.next_key::<String>()? {
            if key == "tasks" {
                parts.tasks = app.next_value()?;
            } else {
                parts.rest.insert(key, app.next_value()?);
            }
        }
        Ok(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_stay_as_they_were_written() {
        let text = r#"{"app": {"id": "/hc", "tasks": [{"id":  1.50}, null], "instances": 2}}"#;
        let Polled { app } = serde_json::from_str(text).unwrap();
        assert_eq!(app.tasks.iter().map(|task| task.get()).collect::<Vec<_>>(), [r#"{"id":  1.50}"#, "null"]);
        assert_eq!(Value::Object(app.rest), serde_json::json!({"id": "/hc", "instances": 2}));
    }
}
