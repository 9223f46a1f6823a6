//! Tests of the orders' queue: the order to stop goes before all others, once nobody is left there are none.

use super::{Order, orders};
use glommio::{LocalExecutorBuilder, Placement};

#[test]
fn behind_the_last_order_there_is_none() {
    let (commander, waiting) = orders().unwrap();
    commander.order(Order::Census).map_err(drop).unwrap();
    commander.order(Order::Drain).map_err(drop).unwrap();
    commander.stop();
    drop(commander);
    let shard = LocalExecutorBuilder::new(Placement::Unbound).spawn(move || async move {
        let mut obedience = waiting.connect();
        let mut stops = 0_usize;
        while let Some(order) = obedience.next().await {
            assert!(matches!(order, Order::Stop), "the order to stop goes first");
            stops += 1;
            assert!(stops <= 3, "an order for each that was given, and then none");
        }
        stops
    });
    assert_eq!(shard.unwrap().join().unwrap(), 3);
}
