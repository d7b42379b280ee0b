//! What stands in the database of a service.

use rusqlite::{Connection, types::Value};

use super::support::World;

pub(super) fn count(world: &World, query: &str) -> i64 {
    let found = table(world, query);
    match found[0][0] {
        Value::Integer(count) => count,
        _ => panic!("{query} counts nothing"),
    }
}

pub(super) fn table(world: &World, query: &str) -> Vec<Vec<Value>> {
    let connection = Connection::open(world.folder().join("keyfob.db")).unwrap();
    let mut statement = connection.prepare(query).unwrap();
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| (0..columns).map(|at| row.get(at)).collect());
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

pub(super) fn size(value: &Value) -> usize {
    match value {
        Value::Null => 0,
        Value::Integer(_) | Value::Real(_) => 8,
        Value::Text(text) => text.len(),
        Value::Blob(bytes) => bytes.len(),
    }
}
