//! What a board shows of what links said.

use super::{Board, Count, LinkRow, LinkStage, Why};
use push::smpp::Loss;

#[test]
fn a_board_shows_what_links_said() {
    let mut board = Board::default();
    for (place, name, link) in [(0, "a", 0), (0, "a", 1), (1, "b", 0)] {
        board.add(place, LinkRow::new(name, link, "transceiver"), link == 0);
    }
    assert_eq!((board.first(0), board.first(1)), (0, 2));
    assert!(!board.is_up(0));
    board.set_stage(1, LinkStage::Up);
    assert!(!board.is_up(0), "a link that may not submit carries nothing");
    board.set_stage(0, LinkStage::Paused);
    assert!(board.is_up(0) && !board.is_up(1) && !board.is_up(2));
    for now_ms in [1_000, 1_500, 1_999, 2_000] {
        board.count(0, Count::Taken, now_ms);
    }
    board.count(2, Count::Lost, 0);
    board.set_error(2, Why::link(Loss::BindRefused(0x0E)));
    board.set_error(2, Why::link(Loss::Retired));
    board.set_load(0, 7, 9);
    let rows = board.rows();
    assert_eq!((rows[0].taken, rows[0].taken_per_s), (4, 3));
    assert_eq!((rows[0].outstanding, rows[0].waiting), (7, 9));
    assert_eq!(rows[0].error, "");
    assert_eq!(rows[2].lost, 1);
    assert_eq!(rows[2].error, "the bind was refused with 0xe ESME_RINVPASWD");
}
