//! What is waited for: a small value that looks at a view and answers met, not yet, or never.

use std::{borrow::Cow, time::Duration};

use tokio::time::Instant;

/// What a condition answers to one view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look<T> {
    /// It holds; the output.
    Met(T),
    /// It does not hold yet, for this reason; a later view may differ.
    NotYet(String),
    /// It can no longer come true, for this reason.
    Never(String),
}

impl<T> Look<T> {
    /// The same with another output.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Look<U> {
        match self {
            Self::Met(output) => Look::Met(f(output)),
            Self::NotYet(reason) => Look::NotYet(reason),
            Self::Never(reason) => Look::Never(reason),
        }
    }
}

/// Something that can be waited for.
///
/// A condition does no input or output, so it can be tested on recorded objects. It may remember earlier views, so each
/// wait needs its own value. A closure `FnMut(&V) -> Look<T>` is a condition; give it a name with
/// [`named`](Condition::named).
#[must_use = "a condition does nothing until it is waited for"]
pub trait Condition<V: ?Sized> {
    /// The output when it holds.
    type Output;

    /// Looks at the current view.
    fn look(&mut self, view: &V) -> Look<Self::Output>;

    /// What is waited for, as it reads after "timed out waiting for" and before "of /hc".
    fn name(&self) -> Cow<'_, str>;

    /// How long it takes at least, even if all goes well. A wait adds this to its deadline.
    fn takes_at_least(&self) -> Duration {
        Duration::ZERO
    }

    /// Both at the same time. The output is this one's.
    fn and<C: Condition<V>>(self, other: C) -> And<Self, C>
    where
        Self: Sized,
    {
        And { left: self, right: other }
    }

    /// Either of the two, this one first.
    fn or<C: Condition<V, Output = Self::Output>>(self, other: C) -> Or<Self, C>
    where
        Self: Sized,
    {
        Or { left: self, right: other }
    }

    /// The opposite.
    fn not(self) -> Not<Self>
    where
        Self: Sized,
    {
        Not { inner: self }
    }

    /// The same under another name.
    fn named(self, name: impl Into<Cow<'static, str>>) -> Named<Self>
    where
        Self: Sized,
    {
        Named { inner: self, name: name.into() }
    }
}

impl<V: ?Sized, T, F: FnMut(&V) -> Look<T>> Condition<V> for F {
    type Output = T;

    fn look(&mut self, view: &V) -> Look<T> {
        self(view)
    }

    fn name(&self) -> Cow<'_, str> {
        "an unnamed condition".into()
    }
}

/// See [`Condition::and`].
#[derive(Clone, Debug)]
pub struct And<A, B> {
    left: A,
    right: B,
}

impl<V: ?Sized, A: Condition<V>, B: Condition<V>> Condition<V> for And<A, B> {
    type Output = A::Output;

    fn look(&mut self, view: &V) -> Look<A::Output> {
        // Both look at every view: either may remember what it saw.
        match (self.left.look(view), self.right.look(view)) {
            (Look::Never(reason), _) | (_, Look::Never(reason)) => Look::Never(reason),
            (Look::NotYet(left), Look::NotYet(right)) => Look::NotYet(format!("{left}; {right}")),
            (Look::NotYet(reason), _) | (_, Look::NotYet(reason)) => Look::NotYet(reason),
            (Look::Met(output), Look::Met(_)) => Look::Met(output),
        }
    }

    fn name(&self) -> Cow<'_, str> {
        format!("{} and {}", self.left.name(), self.right.name()).into()
    }

    fn takes_at_least(&self) -> Duration {
        self.left.takes_at_least().max(self.right.takes_at_least())
    }
}

/// See [`Condition::or`].
#[derive(Clone, Debug)]
pub struct Or<A, B> {
    left: A,
    right: B,
}

impl<V: ?Sized, A: Condition<V>, B: Condition<V, Output = A::Output>> Condition<V> for Or<A, B> {
    type Output = A::Output;

    fn look(&mut self, view: &V) -> Look<A::Output> {
        match (self.left.look(view), self.right.look(view)) {
            (Look::Met(output), _) | (_, Look::Met(output)) => Look::Met(output),
            (Look::Never(left), Look::Never(right)) => Look::Never(format!("{left}; {right}")),
            (Look::NotYet(left), Look::NotYet(right)) => Look::NotYet(format!("{left}; {right}")),
            (Look::NotYet(reason), Look::Never(_)) | (Look::Never(_), Look::NotYet(reason)) => Look::NotYet(reason),
        }
    }

    fn name(&self) -> Cow<'_, str> {
        format!("{} or {}", self.left.name(), self.right.name()).into()
    }

    fn takes_at_least(&self) -> Duration {
        self.left.takes_at_least().min(self.right.takes_at_least())
    }
}

/// See [`Condition::not`].
#[derive(Clone, Debug)]
pub struct Not<C> {
    inner: C,
}

impl<V: ?Sized, C: Condition<V>> Condition<V> for Not<C> {
    type Output = ();

    fn look(&mut self, view: &V) -> Look<()> {
        match self.inner.look(view) {
            Look::Met(_) => Look::NotYet(format!("still {}", self.inner.name())),
            Look::NotYet(_) | Look::Never(_) => Look::Met(()),
        }
    }

    fn name(&self) -> Cow<'_, str> {
        format!("not {}", self.inner.name()).into()
    }
}

/// See [`Condition::named`].
#[derive(Clone, Debug)]
pub struct Named<C> {
    inner: C,
    name: Cow<'static, str>,
}

impl<V: ?Sized, C: Condition<V>> Condition<V> for Named<C> {
    type Output = C::Output;

    fn look(&mut self, view: &V) -> Look<C::Output> {
        self.inner.look(view)
    }

    fn name(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.name)
    }

    fn takes_at_least(&self) -> Duration {
        self.inner.takes_at_least()
    }
}

/// For what must *not* happen: the condition must hold at every observation from the first one on, for as long as
/// [`for_at_least`](Holding::for_at_least) says. The first observation at which it does not hold ends the wait.
pub fn holds<C>(condition: C) -> Holding<C> {
    Holding { inner: condition }
}

/// A condition that must hold; [`Holding::for_at_least`] says how long.
#[derive(Clone, Debug)]
#[must_use = "say for how long: holds(…).for_at_least(…)"]
pub struct Holding<C> {
    inner: C,
}

impl<C> Holding<C> {
    /// Makes it a condition: met once it has held for `least`.
    pub fn for_at_least(self, least: Duration) -> Holds<C> {
        Holds { inner: self.inner, least, since: None }
    }
}

/// See [`holds`].
#[derive(Clone, Debug)]
pub struct Holds<C> {
    inner: C,
    least: Duration,
    since: Option<Instant>,
}

impl<V: ?Sized, C: Condition<V>> Condition<V> for Holds<C> {
    type Output = C::Output;

    fn look(&mut self, view: &V) -> Look<C::Output> {
        match (self.inner.look(view), self.since) {
            (Look::Met(output), _) => {
                let held = self.since.get_or_insert_with(Instant::now).elapsed();
                if held >= self.least {
                    Look::Met(output)
                } else {
                    Look::NotYet(format!("held for {} so far", text::elapsed(held)))
                }
            }
            (Look::NotYet(reason) | Look::Never(reason), Some(since)) => {
                Look::Never(format!("held for {}, then: {reason}", text::elapsed(since.elapsed())))
            }
            (Look::NotYet(reason) | Look::Never(reason), None) => {
                Look::Never(format!("did not hold at the first observation: {reason}"))
            }
        }
    }

    fn name(&self) -> Cow<'_, str> {
        format!("{} for at least {}", self.inner.name(), text::elapsed(self.least)).into()
    }

    fn takes_at_least(&self) -> Duration {
        self.least + self.inner.takes_at_least()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Met by its own number, out of reach above it.
    fn exactly(n: u32) -> impl Condition<u32, Output = u32> + Clone {
        let look = move |&seen: &u32| match seen.cmp(&n) {
            std::cmp::Ordering::Less => Look::NotYet(format!("{seen} of {n}")),
            std::cmp::Ordering::Equal => Look::Met(seen),
            std::cmp::Ordering::Greater => Look::Never(format!("{seen} is past {n}")),
        };
        look.named(format!("exactly {n}"))
    }

    fn not_yet<T>(reason: &str) -> Look<T> {
        Look::NotYet(reason.to_owned())
    }

    fn never<T>(reason: &str) -> Look<T> {
        Look::Never(reason.to_owned())
    }

    #[test]
    fn and_needs_both_and_fails_with_either() {
        let mut both = exactly(2).and(exactly(2));
        assert_eq!(both.look(&1), not_yet("1 of 2; 1 of 2"));
        assert_eq!(both.look(&2), Look::Met(2));
        assert_eq!(exactly(2).and(exactly(3)).look(&2), not_yet("2 of 3"));
        assert_eq!(exactly(2).and(exactly(9)).look(&3), never("3 is past 2"));
        assert_eq!(both.name(), "exactly 2 and exactly 2");
    }

    #[test]
    fn or_needs_one_and_fails_with_both() {
        let mut either = exactly(2).or(exactly(4));
        assert_eq!(either.look(&2), Look::Met(2));
        assert_eq!(either.look(&3), not_yet("3 of 4"), "one is out of reach, the other is not");
        assert_eq!(either.look(&4), Look::Met(4));
        assert_eq!(either.look(&5), never("5 is past 2; 5 is past 4"));
    }

    #[test]
    fn not_is_met_by_everything_else() {
        let mut other = exactly(2).not();
        assert_eq!(other.look(&2), not_yet("still exactly 2"));
        assert_eq!(other.look(&1), Look::Met(()));
        assert_eq!(other.look(&3), Look::Met(()));
    }

    #[tokio::test(start_paused = true)]
    async fn what_must_hold_may_not_lapse() {
        let mut held = holds(exactly(2)).for_at_least(Duration::from_secs(3));
        assert_eq!(held.name(), "exactly 2 for at least 3.00 s");
        assert_eq!(held.look(&2), not_yet("held for 0.00 s so far"));
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(held.clone().look(&1), never("held for 2.00 s, then: 1 of 2"));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(held.look(&2), Look::Met(2));

        let mut fresh = holds(exactly(2)).for_at_least(Duration::from_secs(3));
        assert_eq!(fresh.look(&1), never("did not hold at the first observation: 1 of 2"));
    }
}
