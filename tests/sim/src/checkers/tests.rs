//! Canaries of the checkers that no planted bug is for: shown what should not be, each must say so.
//!
//! The world and its answers are real; what is wrong is what the checker is told about them.

use crate::book::{Book, Submission};
use crate::checkers::{bounds::Bounds, privacy::Privacy, schedule::Schedule};
use crate::event::{Asked, Checker, Event, Question, Scene};
use crate::phone::{ALICE, BOB, EVE, number, send_req};
use crate::world::{Shape, World};
use shard::Answer;
use store::record::{KIND_STATE, State};

const BODY: &[u8] = b"for Bob";

/// Alice has sent to Bob; the book says who is seen and who is not.
struct Told {
    world: World,
    book: Book,
    pdu: Vec<u8>,
    answer: Answer,
    token: base::Token,
}

fn told(visible: &[&str], hidden: &[&str], is_anonymous: bool) -> Told {
    let mut world = World::new(Shape::default());
    world.is_watched = true;
    let pdu = send_req("T", &[BOB, EVE], BODY, |_| {});
    world.post(ALICE, None, pdu.clone());
    let token = world.note(BOB).token;
    let answer = world.begin_get(BOB, token);
    let text = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect();
    let mut book = Book::default();
    book.enter(Submission {
        from: number(ALICE).digits(),
        transaction: "T".to_owned(),
        visible: text(visible),
        hidden: text(hidden),
        is_anonymous,
        content: BODY.to_vec(),
        is_brought: false,
        is_forward: false,
        forwards: None,
        attempts: vec![pdu.clone()],
        ids: Vec::new(),
    });
    Told {
        world,
        book,
        pdu,
        answer,
        token,
    }
}

impl Told {
    fn scene(&self) -> Scene<'_> {
        Scene {
            world: &self.world,
            book: &self.book,
            now_s: u64::from(self.world.wall().0),
            tolerance_s: 1,
            connection_octets: (1, 1),
        }
    }

    /// What the checker of privacy says when this subscriber gets the answer.
    fn privacy(&self, who: &str) -> Result<(), String> {
        let mut privacy = Privacy::default();
        for accept in self.world.ledger.accepts.values() {
            privacy.take(&self.scene(), &Event::Accepted(accept, &self.pdu))?;
        }
        let question = Question {
            who: Some(number(who).digits()),
            asked: Asked::Get(Some(self.token)),
        };
        privacy.take(&self.scene(), &Event::Said(&question, &self.answer))
    }
}

#[test]
fn privacy_notices_each_leak() {
    let open = told(&[BOB, EVE], &[], false);
    assert_eq!(open.privacy(BOB), Ok(()));
    assert!(open.privacy(EVE).is_err(), "what is Bob's");
    assert!(told(&[BOB], &[EVE], false).privacy(BOB).is_err(), "a blind copy");
    assert!(
        told(&[BOB, EVE], &[], true).privacy(BOB).is_err(),
        "a hidden sender"
    );
    let mut other = told(&[BOB, EVE], &[], false);
    other.book.submission_mut(0).content = b"for Eve".to_vec();
    assert!(other.privacy(BOB).is_err(), "other octets");
}

#[test]
fn bounds_are_noticed() {
    let mut told = told(&[BOB, EVE], &[], false);
    assert_eq!(Bounds.take(&told.scene(), &Event::Step), Ok(()));
    let wide = Scene {
        connection_octets: (2, 1),
        ..told.scene()
    };
    assert!(Bounds.take(&wide, &Event::Step).is_err(), "a connection");
    assert!(
        Bounds.take(&told.scene(), &Event::Over).is_err(),
        "somebody waits"
    );
    told.world.shape.recent_octets = 0;
    assert!(
        Bounds.take(&told.scene(), &Event::Step).is_err(),
        "bodies at hand"
    );
    told.world.shape.recent_octets = 256 << 10;
    told.world.nodes[0].segments_max = 0;
    assert!(Bounds.take(&told.scene(), &Event::Step).is_err(), "segments");
}

#[test]
fn the_schedule_is_held_to() {
    let told = told(&[BOB, EVE], &[], false);
    let records = told.world.fresh.iter();
    let mut notes = records.filter(|(_, written)| written.kind == KIND_STATE);
    let (_, written) = notes.next().expect("a notification");
    let state = State::read(&written.header).expect("a state").to_native();
    let scene = told.scene();
    let accept = &told.world.ledger.accepts[&state.message];
    let begun = || {
        let mut schedule = Schedule::default();
        assert_eq!(schedule.take(&scene, &Event::Accepted(accept, &told.pdu)), Ok(()));
        schedule
    };
    let first = Event::Stepped(&state, &written.body);
    let mut schedule = begun();
    assert_eq!(schedule.take(&scene, &first), Ok(()));
    assert!(schedule.take(&scene, &first).is_err(), "again at once");
    let early = Scene {
        now_s: scene.now_s - 100,
        ..scene
    };
    assert!(begun().take(&early, &first).is_err(), "before its time");
    let mut longer = state;
    longer.at += 100;
    assert!(
        begun()
            .take(&scene, &Event::Stepped(&longer, &written.body))
            .is_err(),
        "valid for too long"
    );
}
