//! What comes to a worker together is done together.
//!
//! A model runs thirty rows in little more than the time of one, and a visit of the store costs more by its way
//! (another thread, a connection, a transaction) than by its row. So who needs either opens a *group* and
//! lets the worker first read everything else that has come; whoever needs the same meanwhile joins, and one
//! of them does it for all. Who comes alone waits for one turn of the worker's loop: a microsecond.
//!
//! A group is of one worker (no core waits for another's) and of one owner (what another model or chart is
//! to answer is not computed by this one's). Who opened it may go away, as a client may at any time, or fall over the
//! work: the others then do it each for himself, so that nobody waits twice and nobody falls over another's.

use parking_lot::Mutex;
use std::cell::RefCell;
use std::sync::Arc;
use std::thread::LocalKey;
use tokio::sync::oneshot;

/// A group that still takes somebody in, on this thread.
pub type Open<In, Out> = RefCell<Option<Arc<Group<In, Out>>>>;

/// Whose groups: each `Owner` is another's.
#[derive(Clone, Default)]
pub struct Owner(Arc<()>);

pub struct Group<In, Out> {
    owner: Owner,
    members: Mutex<Members<In, Out>>,
}

struct Members<In, Out> {
    /// Nobody joins any more.
    closed: bool,
    /// All but who opened it, with where their outputs go.
    others: Vec<(In, oneshot::Sender<Out>)>,
}

enum Part<In, Out> {
    First(Lead<In, Out>),
    Other(oneshot::Receiver<Out>),
}

/// Closes its group when it is dropped, done or not.
struct Lead<In, Out>(Arc<Group<In, Out>>);

/// The output for `input`, worked out in the company of at most `most` in all. `gather` is awaited by who opened
/// the group, and others join until it is over; `work` has as many outputs as it is given inputs, in their order.
pub async fn done<In: Clone, Out, Turn, Working: Future<Output = Vec<Out>>>(
    open: &'static LocalKey<Open<In, Out>>,
    (owner, most): (&Owner, usize),
    input: &In,
    gather: impl Future<Output = Turn>,
    work: impl FnOnce(Turn, Vec<In>) -> Working,
) -> Out {
    let lead = match open.with_borrow_mut(|open| take_part(open, owner, most, input)) {
        Part::First(lead) => Some(lead),
        Part::Other(output) => match output.await {
            Ok(output) => return output,
            Err(_) => None,
        },
    };
    let turn = gather.await;
    let (mut inputs, others) = lead.as_ref().map(Lead::close).unwrap_or_default();
    inputs.push(input.clone());
    let count = inputs.len();
    let mut outputs = work(turn, inputs).await;
    // One less, and somebody would be given another's.
    assert_eq!(outputs.len(), count, "an output for each input");
    let own = outputs.pop().expect("there is one for each");
    // Who has gone meanwhile does not need it.
    others.into_iter().zip(outputs).for_each(|(to, output)| drop(to.send(output)));
    own
}

fn take_part<In: Clone, Out>(
    open: &mut Option<Arc<Group<In, Out>>>,
    owner: &Owner,
    most: usize,
    input: &In,
) -> Part<In, Out> {
    if let Some(group) = open
        && Arc::ptr_eq(&group.owner.0, &owner.0)
    {
        let mut members = group.members.lock();
        if !members.closed && members.others.len() + 1 < most {
            let (sender, receiver) = oneshot::channel();
            members.others.push((input.clone(), sender));
            return Part::Other(receiver);
        }
    }
    let members = Mutex::new(Members { closed: false, others: Vec::new() });
    let group = Arc::new(Group { owner: owner.clone(), members });
    *open = Some(Arc::clone(&group));
    Part::First(Lead(group))
}

impl<In, Out> Lead<In, Out> {
    /// Who joined and is still there.
    fn close(&self) -> (Vec<In>, Vec<oneshot::Sender<Out>>) {
        let mut members = self.0.members.lock();
        members.closed = true;
        let others = std::mem::take(&mut members.others).into_iter();
        others.filter(|(_, to)| !to.is_closed()).unzip()
    }
}

impl<In, Out> Drop for Lead<In, Out> {
    fn drop(&mut self) {
        drop(self.close());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::future::poll_fn;
    use std::pin::{Pin, pin};
    use std::rc::Rc;
    use std::task::Poll;

    thread_local! {
        static OPEN: Open<u32, u32> = const { Open::new(None) };
    }

    type Asking = Pin<Box<dyn Future<Output = u32>>>;

    /// Asks for ten times `n` among at most four; `groups` gets how many came with it.
    fn asking(owner: &Owner, n: u32, groups: &Rc<Cell<Vec<usize>>>) -> Asking {
        let (owner, groups) = (owner.clone(), Rc::clone(groups));
        Box::pin(async move {
            let work = async |(), inputs: Vec<u32>| {
                let mut seen = groups.take();
                seen.push(inputs.len());
                groups.set(seen);
                inputs.into_iter().map(|n| n * 10).collect()
            };
            done(&OPEN, (&owner, 4), &n, tokio::task::yield_now(), work).await
        })
    }

    fn run<T>(body: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(body)
    }

    /// Polls each once: they come in one turn of the loop.
    async fn come(all: &mut [Asking]) {
        poll_fn(|context| {
            assert!(all.iter_mut().all(|one| one.as_mut().poll(context).is_pending()));
            Poll::Ready(())
        })
        .await;
    }

    async fn outputs(all: Vec<Asking>) -> Vec<u32> {
        let mut outputs = Vec::new();
        for one in all {
            outputs.push(one.await);
        }
        outputs
    }

    /// Who comes in one turn, by owner, and the groups that it makes.
    #[test]
    fn who_comes_together_is_done_together_and_gets_his_own() {
        let check = |comers: &[&'static str], expected: &[usize]| {
            let owners = [Owner::default(), Owner::default()];
            let groups = Rc::default();
            let owner = |name: &str| &owners[usize::from(name == "b")];
            let mut all: Vec<_> =
                (0..).zip(comers).map(|(n, name)| asking(owner(name), n, &groups)).collect();
            run(async {
                come(&mut all).await;
                let tens: Vec<u32> = (0..comers.len() as u32).map(|n| n * 10).collect();
                assert_eq!(outputs(all).await, tens);
            });
            assert_eq!(groups.take(), expected, "{comers:?}");
        };
        check(&["a"], &[1]);
        check(&["a", "a", "a"], &[3]);
        check(&["a", "a", "a", "a", "a", "a"], &[4, 2]);
        check(&["a", "a", "b", "b"], &[2, 2]);
        // A group that is not the last is not found again: nobody is answered by another's.
        check(&["a", "b", "a"], &[1, 1, 1]);
    }

    /// Who of so many goes before the work begins, and the groups that the others make.
    #[test]
    fn who_goes_is_left_out_and_the_others_are_answered() {
        let check = |count: u32, goes: u32, expected: &[usize]| {
            let (owner, groups) = (Owner::default(), Rc::default());
            let mut all: Vec<_> = (0..count).map(|n| asking(&owner, n, &groups)).collect();
            run(async {
                come(&mut all).await;
                drop(all.remove(goes as usize));
                let tens: Vec<_> = (0..count).filter(|n| *n != goes).map(|n| n * 10).collect();
                assert_eq!(outputs(all).await, tens);
            });
            assert_eq!(groups.take(), expected, "{goes} of {count}");
        };
        // Without who opened the group, each does it himself.
        check(3, 0, &[1, 1]);
        check(4, 2, &[3]);
    }

    #[test]
    fn who_goes_in_the_middle_of_the_work_leaves_it_to_each() {
        let owner = Owner::default();
        run(async {
            let never = async |(), _: Vec<u32>| std::future::pending::<Vec<u32>>().await;
            let gather = tokio::task::yield_now;
            let mut first = Box::pin(done(&OPEN, (&owner, 4), &7, gather(), never));
            let groups = Rc::default();
            let mut second = asking(&owner, 5, &groups);
            // The first poll opens the group, the second is in the work, which never ends.
            for _ in 0..2 {
                poll_fn(|context| {
                    assert!(first.as_mut().poll(context).is_pending());
                    assert!(second.as_mut().poll(context).is_pending());
                    Poll::Ready(())
                })
                .await;
                tokio::task::yield_now().await;
            }
            drop(first);
            assert_eq!((second.await, groups.take()), (50, vec![1]));
        });
    }

    #[test]
    fn who_comes_while_a_group_is_worked_out_opens_another() {
        let owner = Owner::default();
        run(async {
            let (working, worked) = oneshot::channel();
            let slow =
                async |(), inputs: Vec<u32>| worked.await.map(|()| inputs).unwrap_or_default();
            let mut first = pin!(done(&OPEN, (&owner, 4), &7, async {}, slow));
            let waits = poll_fn(|context| Poll::Ready(first.as_mut().poll(context).is_pending()));
            assert!(waits.await);
            let groups = Rc::default();
            assert_eq!(asking(&owner, 5, &groups).await, 50);
            working.send(()).unwrap();
            assert_eq!((first.await, groups.take()), (7, vec![1]));
        });
    }
}
