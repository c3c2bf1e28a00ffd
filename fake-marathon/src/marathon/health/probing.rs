//! Ticks, and the probes that follow from them.

use std::{sync::Arc, time::Duration};

use super::{
    Checker, CheckerId, Due, Event, Health, InFlight, Turn, cause,
    funnel::{Batch, Candidate},
    results::HealthResult,
    target,
};
use crate::{
    app::{HealthCheck, Protocol},
    checkers::{Probe, ProbeId, ProbeKind, ProbeOutcome, ProbeRequest, ProbedBy},
    clock::Time,
    ids::TaskId,
    marathon::{
        instances::{Instances, Slot},
        probe_ids::ProbeIds,
        request_target,
    },
};

/// An interval of 0 s would tick without end.
const SHORTEST_PERIOD: Duration = Duration::from_millis(1);

/// How long after its registration a check ticks first.
pub(super) fn first_tick(check: &HealthCheck, at_latest: Duration) -> Duration {
    check.interval.max(SHORTEST_PERIOD).min(at_latest)
}

/// What the scheduler's probe of a check does; `None` when the executor makes the check.
pub(super) fn kind(check: &HealthCheck) -> Option<ProbeKind> {
    let http = |tls: bool| {
        let path = check.path.clone().unwrap_or_default();
        let path = if path.starts_with('/') { path } else { format!("/{path}") };
        // What is no URI stays as it is until it is to be asked for.
        ProbeKind::Http { path: request_target::of(&path).unwrap_or(path), tls }
    };
    match check.protocol {
        Protocol::Http => Some(http(false)),
        Protocol::Https => Some(http(true)),
        Protocol::Tcp => Some(ProbeKind::Tcp),
        Protocol::Command | Protocol::MesosTcp | Protocol::MesosHttp | Protocol::MesosHttps => None,
    }
}

impl Checker {
    /// What is asked of a task; the same as before while nothing about it has changed.
    fn request(
        &mut self,
        slot: Slot,
        (task, kind): (&TaskId, &ProbeKind),
        (host, port): (&str, u16),
    ) -> Arc<ProbeRequest> {
        let known = self.requests.get(slot.0);
        if let Some(known) = known.filter(|known| known.task == *task && known.port == port && known.host == host) {
            return Arc::clone(known);
        }
        let request = Arc::new(ProbeRequest {
            task: task.clone(),
            by: ProbedBy::Marathon,
            kind: kind.clone(),
            host: host.to_owned(),
            port,
            want_body: false,
        });
        self.requests.insert(slot.0, Arc::clone(&request));
        request
    }
}

impl Health {
    /// Does what fell due.
    #[must_use]
    pub(crate) fn due(&mut self, now: Time, due: Due, instances: &Instances) -> Vec<Event> {
        let mut turn = Turn::new(now, instances);
        if self.ended {
            return turn.events;
        }
        match due {
            Due::Tick(checker) => self.tick(&mut turn, checker),
            Due::Outcome(probe, outcome) => self.came_back(&mut turn, probe, &outcome),
            Due::Failure(failure) => self.judge(&mut turn, *failure),
        }
        turn.events
    }

    /// Reads the instances of a checker's app and has the running ones probed.
    fn tick(&mut self, turn: &mut Turn<'_>, id: CheckerId) {
        let Some(checker) = self.checkers.get_mut(&id) else { return };
        let Some(kind) = checker.probe.clone() else { return };
        let period = checker.check.interval.max(SHORTEST_PERIOD) + self.tuning.ticker_slack;
        turn.events.push(Event::Timer(turn.now + period, Due::Tick(id)));
        let running = turn.instances.running(&checker.app, checker.version);
        let running = running.into_iter().filter_map(|slot| {
            let instance = turn.instances.get(slot)?;
            let task = &instance.task.as_ref()?.id;
            let request =
                target::of_check(&checker.check, instance).map(|target| checker.request(slot, (task, &kind), target));
            Some(Candidate { slot, request })
        });
        let running = running.collect();
        let batch = Batch { inactive: turn.instances.inactive(&checker.app), running };
        if let Some(batch) = self.funnel.offer(id, batch) {
            self.begin_batch(turn, id, batch);
        }
    }

    /// Forgets what was inactive and puts the running instances into the funnel's queue.
    fn begin_batch(&mut self, turn: &mut Turn<'_>, id: CheckerId, batch: Batch) {
        let Some(checker) = self.checkers.get_mut(&id) else { return };
        let versions = self.by_app.get_mut(&checker.app);
        let mut aggregator = versions.and_then(|versions| versions.get_mut(&checker.version)).map(|(_, own)| own);
        for slot in &batch.inactive {
            checker.requests.remove(slot.0);
            if checker.records.remove(slot.0).is_some() {
                turn.events.push(Event::RecordChanged(*slot));
            }
            if let Some(aggregator) = &mut aggregator {
                aggregator.purge(*slot, checker.index);
            }
        }
        self.funnel.queue(id, batch.running);
    }

    /// Starts probes while the funnel has room.
    #[must_use]
    pub(crate) fn start_probes(&mut self, now: Time, instances: &Instances, ids: &mut ProbeIds) -> Vec<Event> {
        let mut turn = Turn::new(now, instances);
        while let Some((id, candidate)) = if self.ended { None } else { self.funnel.next() } {
            if let Some(batch) = self.funnel.read_ahead(id) {
                self.begin_batch(&mut turn, id, batch);
            }
            let Some(checker) = self.checkers.get(&id) else { continue };
            let request = match candidate.request {
                Ok(request) => request,
                Err(cause) => {
                    self.apply(&mut turn, (id, candidate.slot), HealthResult::Unhealthy(cause), true);
                    continue;
                }
            };
            if let ProbeKind::Http { path, .. } = &request.kind
                && request_target::of(path).is_none()
            {
                self.ended = true;
                let reason = format!("the path `{path}` of a health check of {} is not a URI", checker.app);
                turn.events.push(Event::Ended(reason));
                break;
            }
            let timeout = self.timeout(&checker.check, &request.kind);
            let (slot, probe) = (candidate.slot, ids.next());
            self.funnel.enter(probe);
            self.in_flight.insert(probe.0, InFlight { checker: id, slot, request: Arc::clone(&request) });
            turn.events.push(Event::Probe(Probe { id: probe, timeout, request }));
        }
        turn.events
    }

    /// How long a probe waits; a time-out of 0 s is none.
    fn timeout(&self, check: &HealthCheck, kind: &ProbeKind) -> Option<Duration> {
        let late = match kind {
            ProbeKind::Http { .. } => self.tuning.idle_timeout_lateness,
            ProbeKind::Tcp | ProbeKind::Command { .. } => Duration::ZERO,
        };
        let timeout = u64::try_from(check.timeout_seconds).ok().filter(|n| *n > 0);
        timeout.map(|seconds| Duration::from_secs(seconds) + late)
    }

    /// A probe has come back; `None` when it is not a health check's.
    #[must_use]
    pub(crate) fn probed(
        &mut self,
        now: Time,
        probe: ProbeId,
        outcome: &ProbeOutcome,
        instances: &Instances,
    ) -> Option<Vec<Event>> {
        let InFlight { checker, request, .. } = self.in_flight.get(probe.0)?;
        let checker = self.checkers.get(checker);
        let http = checker.is_some() && matches!(request.kind, ProbeKind::Http { .. });
        let failed = checker
            .is_some_and(|checker| cause::failure(&checker.check, &request.host, request.port, outcome).is_some());
        let mut turn = Turn::new(now, instances);
        let timed_out = http && *outcome == ProbeOutcome::TimedOut;
        if let Some(at) = timed_out.then(|| self.recorded.take_late_answer(now)).flatten() {
            turn.events.push(Event::Timer(at, Due::Outcome(probe, ProbeOutcome::Status(200))));
            return Some(turn.events);
        }
        match failed.then(|| self.recorded.take(now)).flatten() {
            Some(at) => turn.events.push(Event::Timer(at, Due::Outcome(probe, outcome.clone()))),
            None => self.came_back(&mut turn, probe, outcome),
        }
        Some(turn.events)
    }

    /// A probe's outcome counts now.
    fn came_back(&mut self, turn: &mut Turn<'_>, probe: ProbeId, outcome: &ProbeOutcome) {
        let Some(InFlight { checker: id, slot, request }) = self.in_flight.remove(probe.0) else { return };
        if self.ended {
            return;
        }
        self.funnel.leave(probe);
        if let Some(checker) = self.checkers.get(&id) {
            let result = match cause::failure(&checker.check, &request.host, request.port, outcome) {
                None => HealthResult::Healthy,
                Some(cause) => HealthResult::Unhealthy(cause),
            };
            self.apply(turn, (id, slot), result, true);
        }
    }
}
