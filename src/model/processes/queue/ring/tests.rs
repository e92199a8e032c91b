use super::*;
use crate::sync::thread;
use std::sync::Arc;

#[test]
fn len_empty_full() {
    // Positions wrap around on the way.
    let ring = <Ring<8>>::starting_at(u32::MAX - 9);
    let works = ring.sender(|mut sender| {
        let works = ring.receiver(|mut receiver| {
            for length in (0..=16).chain(50..=56) {
                let message: Vec<u8> = (0..length).collect();
                assert_eq!(sender.try_send(&message), Ok(true));
                let room = 8 - words(message.len());
                assert_eq!(sender.try_send(&[0; 64][..8 * room]), Ok(false));
                assert_eq!(receiver.try_receive(<[u8]>::to_vec), Some(message));
                assert_eq!(receiver.receive_timeout(Duration::ZERO, |_| ()), None);
            }
            assert_eq!(sender.send_timeout(&[0; 57], Duration::MAX), Err(TooLong));
        });
        assert_eq!(works, Ok(()));
    });
    assert_eq!(works, Ok(()));
}

#[test]
fn fifo_per_producer() {
    let ring = Arc::new(<Ring<16>>::new());
    let sends = Arc::clone(&ring);
    let thread = thread::spawn(move || {
        sends.sender(|mut sender| {
            for i in 0..20_000_u32 {
                sender.send(&i.to_ne_bytes().repeat(i as usize % 8)).unwrap();
            }
        })
    });
    let receives = ring.receiver(|mut receiver| {
        for i in 0..20_000_u32 {
            receiver.receive(|message| assert_eq!(message, i.to_ne_bytes().repeat(i as usize % 8)));
        }
    });
    assert_eq!((receives, thread.join().unwrap()), (Ok(()), Ok(())));
}

#[test]
fn a_message_that_was_not_read_to_its_end_comes_again() {
    let ring = <Ring<8>>::new();
    assert_eq!(ring.sender(|mut sender| sender.send(b"soup")), Ok(Ok(())));
    let ends = std::panic::AssertUnwindSafe(|| {
        ring.receiver(|mut receiver| receiver.receive(|_| panic!("in the middle of it")))
    });
    assert!(std::panic::catch_unwind(ends).is_err());
    let receives = ring.receiver(|mut receiver| receiver.receive(<[u8]>::to_vec));
    assert_eq!(receives, Ok(b"soup".to_vec()));
}
