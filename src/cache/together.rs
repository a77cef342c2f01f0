//! What comes to a worker together is done together.
//!
//! A model runs thirty rows in little more than the time of one, and a visit of the store costs more by its way
//! (another thread, a connection, a transaction) than by its row. So who needs either opens a *group* and
//! lets the worker first read everything else that has come; whoever needs the same meanwhile joins, and one
//! of them does it for all. Who comes alone waits for one turn of the worker's loop: a microsecond.
//!
//! A group is of one worker (no core waits for another's) and of one owner (what another model or chart is
//! to answer is not computed by this one's). Who opened it may go away, as a client may at any time: the others
//! then open one anew.

use parking_lot::Mutex;
use std::cell::RefCell;
use std::sync::Arc;
use std::thread::LocalKey;
use tokio::sync::oneshot;

/// A group that still takes somebody in, on this thread.
pub type Open<In, Out> = RefCell<Option<Arc<Group<In, Out>>>>;

pub struct Group<In, Out> {
    owner: Arc<str>,
    members: Mutex<Members<In, Out>>,
}

struct Members<In, Out> {
    /// Nobody joins any more.
    closed: bool,
    inputs: Vec<In>,
    /// Where the outputs go, of all but the first, who does the work.
    others: Vec<oneshot::Sender<Out>>,
}

enum Part<In, Out> {
    First(Lead<In, Out>),
    Other(oneshot::Receiver<Out>),
}

/// Closes its group when it is dropped, done or not.
struct Lead<In, Out>(Arc<Group<In, Out>>);

/// The output for `input`, worked out in the company of at most `most` in all. `gather` is awaited by who opened
/// the group, and others join until it is over; `work` has as many outputs as it is given inputs.
pub async fn done<In: Clone, Out, Turn, Working: Future<Output = Vec<Out>>>(
    open: &'static LocalKey<Open<In, Out>>,
    (owner, most): (&Arc<str>, usize),
    input: In,
    gather: impl Future<Output = Turn>,
    work: impl FnOnce(Turn, Vec<In>) -> Working,
) -> Out {
    loop {
        match open.with_borrow_mut(|open| take_part(open, owner, most, input.clone())) {
            Part::First(lead) => {
                let turn = gather.await;
                let (inputs, others) = lead.close();
                let mut outputs = work(turn, inputs).await.into_iter();
                let own = outputs.next().expect("an output for each input");
                // Who is not there any more does not need it.
                others.into_iter().zip(outputs).for_each(|(to, output)| drop(to.send(output)));
                return own;
            }
            Part::Other(output) => {
                if let Ok(output) = output.await {
                    return output;
                }
            }
        }
    }
}

fn take_part<In, Out>(
    open: &mut Option<Arc<Group<In, Out>>>,
    owner: &Arc<str>,
    most: usize,
    input: In,
) -> Part<In, Out> {
    if let Some(group) = open
        && Arc::ptr_eq(&group.owner, owner)
    {
        let mut members = group.members.lock();
        if !members.closed && members.inputs.len() < most {
            let (sender, receiver) = oneshot::channel();
            members.inputs.push(input);
            members.others.push(sender);
            return Part::Other(receiver);
        }
    }
    let members = Members { closed: false, inputs: vec![input], others: Vec::new() };
    let group = Arc::new(Group { owner: Arc::clone(owner), members: Mutex::new(members) });
    *open = Some(Arc::clone(&group));
    Part::First(Lead(group))
}

impl<In, Out> Lead<In, Out> {
    fn close(&self) -> (Vec<In>, Vec<oneshot::Sender<Out>>) {
        let mut members = self.0.members.lock();
        members.closed = true;
        (std::mem::take(&mut members.inputs), std::mem::take(&mut members.others))
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
    fn asking(owner: &Arc<str>, n: u32, groups: &Rc<Cell<Vec<usize>>>) -> Asking {
        let (owner, groups) = (Arc::clone(owner), Rc::clone(groups));
        Box::pin(async move {
            let work = async |(), inputs: Vec<u32>| {
                let mut seen = groups.take();
                seen.push(inputs.len());
                groups.set(seen);
                inputs.into_iter().map(|n| n * 10).collect()
            };
            done(&OPEN, (&owner, 4), n, tokio::task::yield_now(), work).await
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
            let owners: [Arc<str>; 2] = ["a".into(), "b".into()];
            let groups = Rc::default();
            let owner = |name: &str| owners.iter().find(|owner| ***owner == *name).unwrap();
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

    #[test]
    fn who_opened_a_group_may_go_and_the_others_are_answered() {
        let (owner, groups) = ("a".into(), Rc::default());
        let mut all: Vec<_> = (0..4).map(|n| asking(&owner, n, &groups)).collect();
        run(async {
            come(&mut all).await;
            drop(all.remove(0));
            // Nor is a place kept for who went later.
            drop(all.remove(1));
            come(&mut all).await;
            assert_eq!(outputs(all).await, [10, 30]);
        });
        assert_eq!(groups.take(), [2]);
    }

    #[test]
    fn who_comes_while_a_group_is_worked_out_opens_another() {
        let owner: Arc<str> = "a".into();
        run(async {
            let (working, worked) = oneshot::channel();
            let slow =
                async |(), inputs: Vec<u32>| worked.await.map(|()| inputs).unwrap_or_default();
            let mut first = pin!(done(&OPEN, (&owner, 4), 7, async {}, slow));
            let waits = poll_fn(|context| Poll::Ready(first.as_mut().poll(context).is_pending()));
            assert!(waits.await);
            let groups = Rc::default();
            assert_eq!(asking(&owner, 5, &groups).await, 50);
            working.send(()).unwrap();
            assert_eq!((first.await, groups.take()), (7, vec![1]));
        });
    }
}
