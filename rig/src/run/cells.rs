//! The cells of a matrix: pairs × numbers of tasks, in batches of what runs at the same time.

use fixtures::{Pair, parts};

use crate::{
    exit::Failure,
    run::{
        Definition,
        capacity::Room,
        embedded::{EmbeddedArgs, Size},
    },
};

/// One run of a matrix: a pair at a number of tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The containerizer and the check.
    pub pair: Pair,
    /// Tasks, all deployed at once.
    pub count: u32,
}

impl Cell {
    /// The pair's definition with all tasks of the cell at once.
    ///
    /// # Errors
    /// As [`Definition::for_cluster`].
    pub fn definition(self, on_the_fake: bool) -> Result<Definition, Failure> {
        let named = self.pair.to_string();
        let mut definition = if on_the_fake { Definition::load(&named)? } else { Definition::for_cluster(&named)? };
        parts::set_instances(&mut definition.json, self.count);
        Ok(definition)
    }
}

/// The batches in the order in which they run: side by side, all pairs at one number of tasks; in turn, each cell alone,
/// pair by pair.
pub fn batches(pairs: &[Pair], counts: &[u32], side_by_side: bool) -> Vec<Vec<Cell>> {
    let batch = |count| pairs.iter().map(|&pair| Cell { pair, count }).collect();
    if side_by_side {
        return counts.iter().copied().map(batch).collect();
    }
    pairs.iter().flat_map(|&pair| counts.iter().map(move |&count| vec![Cell { pair, count }])).collect()
}

/// What the largest batch needs of the fake.
///
/// # Errors
/// Exit code 2: this machine cannot hold that many tasks.
pub fn size(batches: &[Vec<Cell>], fake: &EmbeddedArgs) -> Result<Size, Failure> {
    let room = Room::of(fake);
    let mut size = Size::default();
    for batch in batches {
        room.holds(batch.iter().map(|cell| u64::from(cell.count)).sum()).map_err(Failure::usage)?;
        let runs =
            batch.iter().map(|cell| Ok((cell.definition(true)?, cell.count))).collect::<Result<Vec<_>, Failure>>()?;
        size = size.or_more(Size::of(runs.iter().map(|(definition, count)| (definition, *count))));
    }
    Ok(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_run_pair_by_pair_in_turn_and_number_by_number_side_by_side() {
        let pairs = &Pair::PROCEDURE[..2];
        let cell = |pair: usize, count| Cell { pair: pairs[pair], count };
        assert_eq!(
            batches(pairs, &[10, 50], false),
            [[cell(0, 10)], [cell(0, 50)], [cell(1, 10)], [cell(1, 50)]].map(Vec::from)
        );
        assert_eq!(
            batches(pairs, &[10, 50], true),
            [[cell(0, 10), cell(1, 10)], [cell(0, 50), cell(1, 50)]].map(Vec::from)
        );
    }
}
