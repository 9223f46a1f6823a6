//! What /proc says, read from samples.

use super::{cores_of, interrupts};

#[test]
fn ticks_become_nanoseconds() {
    let stat = "cpu  9 9 9 9 9 9 9 9\ncpu0 100 0 50 1000 20 3 7 2 0 0\ncpu1 1 1 1 1 1 1 1 1\nintr 1\n";
    let found = cores_of(stat);
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].busy_ns, 1_600_000_000);
    assert_eq!(found[0].interrupts_ns, 100_000_000);
    assert_eq!(found[0].steal_ns, 20_000_000);
    assert_eq!(found[0].since(&found[1]).steal_ns, 10_000_000);
}

#[test]
fn devices_are_listed_with_their_core() {
    let text = "           CPU0       CPU1\n 36:          5    1212381 PCI-MSIX 1-edge virtio1-req.0\n\
                37:          0          3 PCI-MSIX 0-edge quiet\nLOC:    2805386    2879942   Local timer interrupts\n";
    assert_eq!(interrupts(text), ["virtio1-req.0: core 1 (1212381)"]);
}
