//! The operations of the API, grouped as they are tagged.

use serde_json::{Map, Value};

use super::{
    Prose,
    schema::{self, Field},
};

/// Operations that belong together.
pub(super) struct Group {
    pub name: String,
    pub description: Prose,
    pub operations: Vec<Operation>,
}

/// One thing that can be asked.
pub(super) struct Operation {
    /// The anchor of its section.
    pub id: String,
    pub method: String,
    pub path: String,
    pub summary: String,
    pub description: Prose,
    pub parameters: Vec<Field>,
    pub headers: Vec<Field>,
    pub body: Vec<Field>,
    /// The path with values in it.
    pub example_path: String,
    /// A body that works: JSON, to stand between single quotes in a shell.
    pub example_body: Option<String>,
    pub answers: Vec<Answer>,
}

/// One way it may be answered.
#[derive(Clone, PartialEq)]
pub(super) struct Answer {
    pub status: String,
    pub description: String,
    /// The fields of its body, unless it is a problem: that is described once.
    pub fields: Vec<Field>,
    /// Such a body, as JSON.
    pub example: Option<String>,
}

/// All operations, and apart from them the answers that each of them may give.
pub(super) fn groups(document: &Value) -> (Vec<Group>, Vec<Answer>) {
    let mut groups: Vec<Group> = array(&document["tags"]).map(Group::read).collect();
    for (path, methods) in object(&document["paths"]) {
        let mut methods: Vec<_> = object(methods).collect();
        methods.sort_by_key(|(method, _)| !matches!(method.as_str(), "post" | "put")); // what makes comes first; stable: otherwise as declared
        for (method, value) in methods {
            let group = groups.iter_mut().find(|group| value["tags"][0] == group.name.as_str());
            if let Some(group) = group {
                group.operations.push(Operation::read(document, path, method, value));
            }
        }
    }
    let refusals = shared_answers(&groups);
    for operation in groups.iter_mut().flat_map(|group| &mut group.operations) {
        operation.answers.retain(|answer| !refusals.contains(answer));
    }
    (groups, refusals)
}

impl Group {
    fn read(tag: &Value) -> Self {
        Self {
            name: text(&tag["name"]),
            description: Prose::parse(&text(&tag["description"])),
            operations: Vec::new(),
        }
    }
}

impl Operation {
    /// Whether some answer is told by its status alone.
    pub(super) fn has_bare_answers(&self) -> bool {
        self.answers.iter().any(|answer| answer.fields.is_empty())
    }

    fn read(document: &Value, path: &str, method: &str, value: &Value) -> Self {
        let bodies = object(&value["requestBody"]["content"]).next();
        let body = bodies.map_or(&Value::Null, |(_, content)| &content["schema"]);
        let answers = object(&value["responses"]);
        Self {
            id: anchor(document, method, path, value),
            method: method.to_ascii_uppercase(),
            path: path.to_owned(),
            summary: text(&value["summary"]),
            description: Prose::parse(&text(&value["description"])),
            parameters: parameters(document, value, "path"),
            headers: parameters(document, value, "header"),
            body: schema::fields(document, body),
            example_path: example_path(document, path, value),
            example_body: example_body(document, body),
            answers: answers.map(|(status, value)| Answer::read(document, status, value)).collect(),
        }
    }
}

impl Answer {
    fn read(document: &Value, status: &str, value: &Value) -> Self {
        let content = &value["content"]["application/json"];
        let body = &content["schema"];
        let succeeds = status.starts_with('2');
        let description = text(&value["description"]);
        let example = content.get("example");
        let example = example.or_else(|| schema::resolve(document, body).get("example"));
        let example = example.filter(|_| succeeds);
        Self {
            example: example.and_then(|example| serde_json::to_string_pretty(example).ok()),
            status: status.to_owned(),
            description: description.trim_end_matches('.').to_owned(),
            fields: if succeeds { schema::fields(document, body) } else { Vec::new() },
        }
    }
}

fn shared_answers(groups: &[Group]) -> Vec<Answer> {
    let mut operations = groups.iter().flat_map(|group| &group.operations);
    let Some(first) = operations.next() else { return Vec::new() };
    let in_all = |answer: &&Answer| operations.clone().all(|other| other.answers.contains(answer));
    first.answers.iter().filter(in_all).cloned().collect()
}

/// `post-user-enrolment` for `POST /identity/otp/user/{domain}/{user_id}/enrolment/`.
/// One that another path has already, as `GET /identity/otp/domain/{domain}/` does, goes by
/// the name of the operation.
fn anchor(document: &Value, method: &str, path: &str, operation: &Value) -> String {
    let whole = path.trim_end_matches('/');
    let above = whole.rsplit_once('/').filter(|(_, last)| last.starts_with('{'));
    if above.is_some_and(|(above, _)| document["paths"][format!("{above}/")][method].is_object()) {
        return text(&operation["operationId"]).replace('_', "-");
    }
    let parts = path.split('/').skip(3).filter(|part| !part.is_empty() && !part.starts_with('{'));
    parts.fold(method.to_owned(), |anchor, part| format!("{anchor}-{part}"))
}

/// The parameters that stand in one place: the path or the headers.
pub(super) fn parameters(document: &Value, operation: &Value, place: &str) -> Vec<Field> {
    let parameters = array(&operation["parameters"]).filter(|parameter| parameter["in"] == place);
    let field = |parameter: &Value| {
        let (name, required) = (text(&parameter["name"]), parameter["required"] == true);
        let mut field = Field::new(document, &name, &parameter["schema"], required);
        if let Some(description) = parameter["description"].as_str() {
            field.description = Prose::parse(description);
        }
        field
    };
    parameters.map(field).collect()
}

fn example_path(document: &Value, path: &str, operation: &Value) -> String {
    array(&operation["parameters"]).fold(path.to_owned(), |path, parameter| {
        let name = text(&parameter["name"]);
        let value = schema::example(document, &name, &parameter["schema"]);
        path.replace(&format!("{{{name}}}"), &text(&value))
    })
}

/// The example that the body has; else its required fields; where there are none, those that
/// give an example.
fn example_body(document: &Value, body: &Value) -> Option<String> {
    let body = schema::resolve(document, schema::inner(body));
    if let Some(example) = body.get("example") {
        return quotable(example);
    }
    let required: Vec<&Value> = array(&body["required"]).collect();
    let wanted = |name: &str, property: &Value| {
        if required.is_empty() {
            return property.get("example").is_some();
        }
        required.iter().any(|required| *required == name)
    };
    let fields = object(&body["properties"]).filter(|(name, property)| wanted(name, property));
    let fields =
        fields.map(|(name, property)| (name.clone(), schema::example(document, name, property)));
    let fields: Map<String, Value> = fields.collect();
    if fields.is_empty() {
        return None;
    }
    quotable(&fields)
}

/// JSON that can stand between single quotes in a shell.
fn quotable(example: &impl serde::Serialize) -> Option<String> {
    let json = serde_json::to_string_pretty(example).ok()?;
    Some(json.replace('\'', r"'\''"))
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

pub(super) fn object(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}
