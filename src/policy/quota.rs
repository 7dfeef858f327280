//! How often.
//!
//! Four limits, each a GCRA over a bounded [`Table`], on the monotonic clock:
//! requests by address and requests by key are charged at the door, before
//! anything is answered; calls of one tool and repetitions of one call are
//! charged inside the line, after the tool was found. What is charged is spent,
//! also when a later limit refuses.
//!
//! A limit counts [`Source`]s, not addresses, so that a /64 is one caller.

use std::{
    hash::{BuildHasher, Hash, RandomState},
    net::IpAddr,
    num::NonZeroU32,
    sync::Arc,
};

use governor::{
    RateLimiter,
    clock::{Clock, MonotonicClock},
    middleware::NoOpMiddleware,
};

pub use super::rate::{Rate, RateError};
use super::{Subject, source::Source, table::Table};
use crate::{
    caller::{Caller, Door, Identity},
    refusal::{Code, Refusal},
};

const ADDRESS: Rate = Rate::fixed(100, 60);
const ADDRESS_WITHOUT_AUTHENTICATION: Rate = Rate::fixed(1_200, 60);
const KEY: Rate = Rate::fixed(1_200, 60);
const TOOL: Rate = Rate::fixed(600, 60);
const REPEAT_HTTP: Rate = Rate::fixed(60, 10);
const REPEAT_STDIO: Rate = Rate::fixed(300, 10);

/// The `[limits]` section.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Settings {
    /// Whether anything is limited at all.
    pub enabled: bool,
    /// Requests without a valid key, by address; `None` is 100/min, or 1200/min without authentication.
    pub address: Option<Rate>,
    /// Requests with a key, by key.
    pub key: Rate,
    /// Calls of one tool with one key.
    pub tool: Rate,
    /// The same call again and again; `None` is 60/10s over HTTP and 300/10s over stdio.
    pub repeat: Option<Rate>,
}

impl Settings {
    /// The limit on requests without a valid key.
    #[must_use]
    pub fn address_rate(&self, authentication: Authentication) -> Rate {
        self.address.unwrap_or(match authentication {
            Authentication::Required => ADDRESS,
            Authentication::Off => ADDRESS_WITHOUT_AUTHENTICATION,
        })
    }

    /// The limit on the same call again and again.
    #[must_use]
    pub fn repeat_rate(&self, door: Door) -> Rate {
        self.repeat.unwrap_or(if door == Door::Http { REPEAT_HTTP } else { REPEAT_STDIO })
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self { enabled: true, address: None, key: KEY, tool: TOOL, repeat: None }
    }
}

/// Whether the HTTP door asks for a key. Without, every request is one without a key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Authentication {
    /// Requests without a valid key reach `/health` and little else.
    Required,
    /// Whoever reaches the door is let in; loopback only.
    Off,
}

/// Which limit a request is charged to at the door.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DoorBucket {
    /// A request without a valid key.
    Address(IpAddr),
    /// `/health` or `/ready` without a valid key: whoever watches us is not shut out by a neighbour's calls.
    Health(IpAddr),
    /// A request with a valid key, by the key's name.
    Key(Arc<str>),
}

/// The limits of one server. The default limits nothing.
#[derive(Debug)]
pub struct Quota<C: Clock = MonotonicClock> {
    limits: Option<Box<Limits<C>>>,
}

#[derive(Debug)]
struct Limits<C: Clock> {
    address: Limit<C>,
    health: Limit<C>,
    key: Limit<C>,
    tool: Limit<C>,
    repeat_http: Limit<C>,
    repeat_stdio: Limit<C>,
    /// Keys the hashes that name buckets.
    chance: RandomState,
}

/// One limit: a rate, counted by bucket.
#[derive(Debug)]
struct Limit<C: Clock> {
    code: Code,
    limiter: RateLimiter<u64, Table, C, NoOpMiddleware<C::Instant>>,
}

impl Default for Quota {
    fn default() -> Self {
        Self { limits: None }
    }
}

impl Quota {
    /// The limits an owner chose, on the monotonic clock.
    #[must_use]
    pub fn new(settings: &Settings, authentication: Authentication) -> Self {
        Self::with_clock(settings, authentication, &MonotonicClock)
    }
}

impl<C: Clock + Clone> Quota<C> {
    fn with_clock(settings: &Settings, authentication: Authentication, clock: &C) -> Self {
        if !settings.enabled {
            return Self { limits: None };
        }
        let address = settings.address_rate(authentication);
        let limit = |code, rate| Limit::new(code, rate, clock);
        Self {
            limits: Some(Box::new(Limits {
                address: limit(Code::LimitAddress, address),
                health: limit(Code::LimitAddress, address),
                key: limit(Code::LimitKey, settings.key),
                tool: limit(Code::LimitTool, settings.tool),
                repeat_http: limit(Code::LimitRepeat, settings.repeat_rate(Door::Http)),
                repeat_stdio: limit(Code::LimitRepeat, settings.repeat_rate(Door::Stdio)),
                chance: RandomState::new(),
            })),
        }
    }
}

impl<C: Clock> Quota<C> {
    /// Charges one request at the door.
    ///
    /// # Errors
    ///
    /// [`Refusal::Limited`] with [`Code::LimitAddress`] or [`Code::LimitKey`],
    /// and the time until the next one is let through.
    pub fn charge_door(&self, bucket: DoorBucket) -> Result<(), Refusal> {
        let Some(limits) = &self.limits else { return Ok(()) };
        match bucket {
            DoorBucket::Address(address) => limits.address.charge(limits.bucket(Source::from(address))),
            DoorBucket::Health(address) => limits.health.charge(limits.bucket(Source::from(address))),
            DoorBucket::Key(name) => limits.key.charge(limits.bucket(name)),
        }
    }

    /// Charges one call inside the line: over HTTP by repetition, then by
    /// caller and tool; over stdio by repetition alone; at the console not at all.
    /// `likeness` is equal for equal calls.
    ///
    /// Repetition comes first, so that a loop does not use up what the tool is
    /// allowed besides.
    ///
    /// # Errors
    ///
    /// [`Refusal::Limited`] with [`Code::LimitRepeat`] or [`Code::LimitTool`],
    /// and the time until the next one is let through.
    pub fn charge_call(&self, caller: &Caller, subject: Subject<'_>, likeness: u64) -> Result<(), Refusal> {
        let Some(limits) = &self.limits else { return Ok(()) };
        let who = limits.who(&caller.identity);
        match caller.door {
            Door::Console => Ok(()),
            Door::Stdio => limits.repeat_stdio.charge(limits.bucket((who, likeness))),
            Door::Http => {
                limits.repeat_http.charge(limits.bucket((who, likeness)))?;
                limits.tool.charge(limits.bucket((who, subject.kind, subject.name)))
            }
        }
    }
}

impl<C: Clock> Quota<C> {
    /// Buckets that are held now, by limit; each holds at most [`limits::LIMIT_ROWS_MAX`](crate::limits::LIMIT_ROWS_MAX).
    pub fn rows(&self) -> impl Iterator<Item = (&'static str, usize)> {
        let of = |limits: &Limits<C>| {
            [
                ("address", &limits.address),
                ("health", &limits.health),
                ("key", &limits.key),
                ("tool", &limits.tool),
                ("repeat", &limits.repeat_http),
            ]
            .map(|(name, limit)| (name, limit.limiter.len()))
        };
        self.limits.as_deref().map(of).into_iter().flatten()
    }
}

impl<C: Clock> Limits<C> {
    /// The bucket of `what`. Two share one with a chance of 2⁻⁶⁴, which nobody outside can better.
    fn bucket(&self, what: impl Hash) -> u64 {
        self.chance.hash_one(what)
    }

    fn who(&self, identity: &Identity) -> u64 {
        match identity {
            Identity::Address(address) => self.bucket(Source::from(*address)),
            Identity::Parent | Identity::Console | Identity::Key(_) => self.bucket(identity),
        }
    }
}

impl<C: Clock> Limit<C> {
    fn new(code: Code, rate: Rate, clock: &C) -> Self
    where
        C: Clone,
    {
        let interval = rate.interval();
        // `None` only for an interval of zero, and a `Rate` has none below 60 ns.
        let quota = governor::Quota::with_period(interval)
            .unwrap_or(governor::Quota::per_second(NonZeroU32::MIN))
            .allow_burst(rate.burst());
        Self { code, limiter: RateLimiter::new(quota, Table::new(interval), clock.clone()) }
    }

    fn charge(&self, bucket: u64) -> Result<(), Refusal> {
        self.limiter.check_key(&bucket).map_err(|until| Refusal::Limited {
            code: self.code,
            wait: until.wait_time_from(self.limiter.clock().now()),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use governor::clock::FakeRelativeClock;
    use proptest::prelude::*;

    use super::*;
    use crate::{caller::Reach, policy::Effect, refusal::Kind};

    const READ: Subject<'static> =
        Subject { kind: Kind::Tool, name: "read_text_file", effect: Effect::ReadsDisk, like: &[] };
    const LIST: Subject<'static> =
        Subject { kind: Kind::Tool, name: "list_directory", effect: Effect::ReadsDisk, like: &[] };

    struct Server {
        clock: FakeRelativeClock,
        quota: Quota<FakeRelativeClock>,
    }

    impl Server {
        fn new() -> Self {
            Self::with(&Settings::default(), Authentication::Required)
        }

        fn with(settings: &Settings, authentication: Authentication) -> Self {
            let clock = FakeRelativeClock::default();
            let quota = Quota::with_clock(settings, authentication, &clock);
            Self { clock, quota }
        }

        /// How many of `times` requests or calls are let through now.
        fn admits(&self, times: u32, what: impl Fn(&Quota<FakeRelativeClock>) -> Result<(), Refusal>) -> u32 {
            (0..times).map(|_| u32::from(what(&self.quota).is_ok())).sum()
        }
    }

    /// The wait that a refusal with `code` names.
    #[track_caller]
    fn wait(code: Code, result: Result<(), Refusal>) -> Duration {
        match result {
            Err(Refusal::Limited { code: said, wait }) if said == code => wait,
            other => panic!("not refused with {code}: {other:?}"),
        }
    }

    fn rate(text: &str) -> Rate {
        text.parse().unwrap()
    }

    fn key(name: &str) -> Caller {
        let identity = Identity::Key(name.into());
        Caller { identity, door: Door::Http, peer: None, reach: Arc::new(Reach::everything()) }
    }

    fn nobody(address: &str) -> Caller {
        let address = address.parse().unwrap();
        let identity = Identity::Address(address);
        Caller { identity, door: Door::Http, peer: Some(address), reach: Arc::new(Reach::everything()) }
    }

    fn address(text: &str) -> DoorBucket {
        DoorBucket::Address(text.parse().unwrap())
    }

    #[test]
    fn the_limits_are_those_of_the_documentation() {
        let settings = Settings::default();
        assert!(settings.enabled && settings.address.is_none() && settings.repeat.is_none());
        assert_eq!((settings.key, settings.tool), (rate("1200/min"), rate("600/min")));
        assert_eq!((ADDRESS, ADDRESS_WITHOUT_AUTHENTICATION), (rate("100/min"), rate("1200/min")));
        assert_eq!((REPEAT_HTTP, REPEAT_STDIO), (rate("60/10s"), rate("300/10s")));
    }

    #[test]
    fn a_loop_of_150_requests_without_a_key_meets_its_limit() {
        let server = Server::new();
        assert_eq!(server.admits(150, |quota| quota.charge_door(address("203.0.113.9"))), 100);
        assert_eq!(server.admits(1, |quota| quota.charge_door(address("203.0.113.10"))), 1);
    }

    #[test]
    fn without_authentication_an_address_may_ask_more_unless_the_owner_says_how_much() {
        let server = Server::with(&Settings::default(), Authentication::Off);
        assert_eq!(server.admits(1_500, |quota| quota.charge_door(address("127.0.0.1"))), 1_200);
        let settings = Settings { address: Some(rate("5/min")), ..Settings::default() };
        let server = Server::with(&settings, Authentication::Off);
        assert_eq!(server.admits(9, |quota| quota.charge_door(address("127.0.0.1"))), 5);
    }

    #[test]
    fn health_has_a_bucket_of_its_own() {
        let server = Server::new();
        server.admits(150, |quota| quota.charge_door(address("127.0.0.1")));
        let health = || DoorBucket::Health("127.0.0.1".parse().unwrap());
        assert_eq!(server.admits(150, |quota| quota.charge_door(health())), 100);
        let wait = wait(Code::LimitAddress, server.quota.charge_door(health()));
        assert_eq!(wait, Duration::from_millis(600));
    }

    #[test]
    fn each_key_has_its_own_limit_wherever_it_comes_from() {
        let server = Server::new();
        assert_eq!(server.admits(2_000, |quota| quota.charge_door(DoorBucket::Key("laptop".into()))), 1_200);
        wait(Code::LimitKey, server.quota.charge_door(DoorBucket::Key("laptop".into())));
        assert_eq!(server.admits(2, |quota| quota.charge_door(DoorBucket::Key("phone".into()))), 2);
    }

    #[test]
    fn all_addresses_of_one_ipv6_network_share_a_limit() {
        let server = Server::new();
        for host in 0..100 {
            assert_eq!(server.quota.charge_door(address(&format!("2001:db8::{host:x}"))), Ok(()));
        }
        wait(Code::LimitAddress, server.quota.charge_door(address("2001:db8::ffff:1:2")));
        assert_eq!(server.quota.charge_door(address("2001:db8:0:1::1")), Ok(()));
        let same_tool = |host: u32, times: u64| {
            let caller = nobody(&format!("2001:db8::{host:x}"));
            (0..times).filter(|&i| server.quota.charge_call(&caller, READ, i).is_ok()).count()
        };
        assert_eq!(same_tool(1, 400) + same_tool(2, 400), 600);
    }

    #[test]
    fn an_agent_that_reads_two_hundred_files_is_not_stopped_on_either_door() {
        let server = Server::new();
        for caller in [key("laptop"), nobody("127.0.0.1"), Caller::parent()] {
            assert!((0..200).all(|file| server.quota.charge_call(&caller, READ, file).is_ok()));
        }
    }

    #[test]
    fn one_tool_has_its_limit_and_another_tool_and_another_key_have_theirs() {
        let server = Server::new();
        let laptop = key("laptop");
        assert_eq!((0..700).filter(|&i| server.quota.charge_call(&laptop, READ, i).is_ok()).count(), 600);
        let wait = wait(Code::LimitTool, server.quota.charge_call(&laptop, READ, 9_999));
        assert_eq!(wait, Duration::from_millis(100));
        assert_eq!(server.quota.charge_call(&laptop, LIST, 9_999), Ok(()));
        assert_eq!(server.quota.charge_call(&key("phone"), READ, 9_999), Ok(()));
    }

    #[test]
    fn the_same_call_again_and_again_is_stopped_and_other_calls_go_on() {
        let server = Server::new();
        let laptop = key("laptop");
        assert_eq!(server.admits(100, |quota| quota.charge_call(&laptop, READ, 7)), 60);
        wait(Code::LimitRepeat, server.quota.charge_call(&laptop, READ, 7));
        assert_eq!(server.quota.charge_call(&laptop, READ, 8), Ok(()));
        assert_eq!(server.quota.charge_call(&key("phone"), READ, 7), Ok(()));
    }

    #[test]
    fn a_loop_does_not_use_up_what_the_tool_is_allowed_besides() {
        let server = Server::new();
        let laptop = key("laptop");
        server.admits(10_000, |quota| quota.charge_call(&laptop, READ, 7));
        assert!((100..600).all(|file| server.quota.charge_call(&laptop, READ, file).is_ok()));
    }

    #[test]
    fn over_stdio_only_repetition_is_limited_and_at_the_console_nothing() {
        let server = Server::new();
        let parent = Caller::parent();
        assert_eq!(server.admits(400, |quota| quota.charge_call(&parent, READ, 7)), 300);
        assert!((1_000..6_000).all(|file| server.quota.charge_call(&parent, READ, file).is_ok()));
        let console = Caller::console();
        assert_eq!(server.admits(5_000, |quota| quota.charge_call(&console, READ, 7)), 5_000);
    }

    #[test]
    fn switched_off_means_nothing_is_limited() {
        let server =
            Server::with(&Settings { enabled: false, ..Settings::default() }, Authentication::Required);
        assert_eq!(server.admits(9_999, |quota| quota.charge_door(address("203.0.113.9"))), 9_999);
        assert_eq!(server.admits(9_999, |quota| quota.charge_call(&key("laptop"), READ, 7)), 9_999);
        assert_eq!(Quota::default().charge_door(address("203.0.113.9")), Ok(()));
    }

    #[test]
    fn the_clock_of_the_server_is_one_that_nobody_can_set() {
        let quota = Quota::new(&Settings::default(), Authentication::Required);
        let _: &Quota<MonotonicClock> = &quota;
        let admitted = (0..150).filter(|_| quota.charge_door(address("203.0.113.9")).is_ok()).count();
        assert!((100..105).contains(&admitted), "{admitted}");
    }

    #[test]
    fn coming_back_when_told_works_and_a_nanosecond_earlier_does_not() {
        for text in ["100/min", "60/10s", "7/min burst 3", "1/min"] {
            let settings = Settings { address: Some(rate(text)), ..Settings::default() };
            let server = Server::with(&settings, Authentication::Required);
            let ask = || server.quota.charge_door(address("203.0.113.9"));
            let refused = std::iter::repeat_with(ask).find(Result::is_err).unwrap();
            let almost = wait(Code::LimitAddress, refused).checked_sub(Duration::from_nanos(1)).unwrap();
            server.clock.advance(almost);
            assert_eq!(wait(Code::LimitAddress, ask()), Duration::from_nanos(1), "{text}");
            server.clock.advance(Duration::from_nanos(1));
            assert_eq!(ask(), Ok(()), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_stretch_of_time_ever_sees_more_than_the_burst_and_what_was_earned_in_it(
            count in 1..300_u32, seconds in 1..60_u64, burst in 1..40_u32,
            pauses in prop::collection::vec(prop_oneof![3 => Just(0), 2 => 0..50_u64, 1 => 0..20_000_u64], 1..400),
        ) {
            let Ok(rate) = format!("{count}/{seconds}s burst {burst}").parse::<Rate>() else { return Ok(()) };
            let settings = Settings { address: Some(rate), ..Settings::default() };
            let server = Server::with(&settings, Authentication::Required);
            let (mut now, mut admitted) = (0, Vec::new());
            for pause in pauses {
                server.clock.advance(Duration::from_millis(pause));
                now += pause;
                if server.quota.charge_door(address("203.0.113.9")).is_ok() {
                    admitted.push(now);
                }
            }
            prop_assert!(!admitted.is_empty());
            for (first, from) in admitted.iter().enumerate() {
                for (last, to) in admitted.iter().enumerate().skip(first) {
                    let seen = (last - first + 1) as u64;
                    let earned = (to - from) * u64::from(count) / (seconds * 1_000);
                    prop_assert!(seen <= u64::from(burst) + earned, "{seen} in {} ms of {rate}", to - from);
                }
            }
        }
    }
}
