//! Owns the specification of listings that are read page by page. Must not test what an entry says.

use super::*;

#[tokio::test]
async fn pages_neither_repeat_nor_skip_while_keys_come_and_go() {
    let world = World::new();
    let mut ids = Vec::new();
    for n in 0..30 {
        ids.push(world.create(&format!("key {n:02}"), Scope::All).await.key.id);
    }
    let (mut seen, mut cursor) = (Vec::new(), None::<Cursor>);
    loop {
        let page = world.service.list_keys(cursor.as_ref(), Limit::new(7).unwrap()).unwrap();
        seen.extend(page.keys.iter().map(|key| key.name.clone()));
        let last = page.keys.last().unwrap();
        // What was just listed goes, and something new comes before it.
        world.service.delete_key(OPERATOR, last.id, None).await.unwrap();
        world.create(&format!("a {}", seen.len()), Scope::All).await;
        match page.next_cursor {
            Some(next) => cursor = Cursor::decode(&next),
            None => break,
        }
    }
    let expected: Vec<String> = (0..30).map(|n| format!("key {n:02}")).collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_cursor_belongs_to_one_listing() {
    let world = World::new();
    for id in ["a", "b"] {
        world.connect(id).await;
        world.create(id, Scope::All).await;
    }
    let one = Limit::new(1).unwrap();
    let keys = Cursor::decode(&world.service.list_keys(None, one).unwrap().next_cursor.unwrap()).unwrap();
    let accounts =
        Cursor::decode(&world.service.list_accounts(None, one).unwrap().next_cursor.unwrap()).unwrap();
    assert_eq!(world.service.list_keys(Some(&accounts), one).err(), Some(Error::WrongCursor));
    assert_eq!(world.service.list_accounts(Some(&keys), one).err(), Some(Error::WrongCursor));
    assert_eq!(world.service.list_activity(None, Some(&keys), one).err(), Some(Error::WrongCursor));
}
