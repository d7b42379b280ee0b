//! Bars, drawn here. Words and numbers stand beside them and not in them: they keep their size
//! on a small screen.

use keyfob::UnixTime;

use super::figures::Tally;
use crate::counts::HOUR;

/// A day's sends, in units of which the drawing is 240 wide and 100 high.
pub(super) struct Chart {
    pub(super) bars: Vec<Bar>,
    /// What the top of the chart stands for.
    pub(super) top: u64,
    /// The hours that stand below, each for six of the bars.
    pub(super) hours: Vec<String>,
}

/// An hour.
pub(super) struct Bar {
    /// Where it begins.
    pub(super) x: usize,
    pub(super) sent: u64,
    pub(super) verified: u64,
    /// In words.
    pub(super) title: String,
}

/// The width of an hour.
const WIDTH: usize = 10;

impl Chart {
    /// The hours of a day, the oldest first.
    pub(super) fn new(hours: &[(UnixTime, Tally)]) -> Self {
        let highest = hours.iter().map(|(_, tally)| tally.sent.max(tally.verified)).max();
        let top = round_up(highest.unwrap_or_default());
        let bar = |(at, (begins, tally)): (usize, &(UnixTime, Tally))| Bar {
            x: at * WIDTH,
            sent: height(tally.sent, top),
            verified: height(tally.verified, top),
            title: format!("{}: {} sent, {} verified", clock(*begins), tally.sent, tally.verified),
        };
        Self {
            bars: hours.iter().enumerate().map(bar).collect(),
            top,
            hours: hours.iter().step_by(6).map(|(begins, _)| clock(*begins)).collect(),
        }
    }
}

/// `14:00`.
pub(super) fn clock(time: UnixTime) -> String {
    format!("{:02}:{:02}", time / HOUR % 24, time / 60 % 60)
}

/// What is there at all can be seen.
fn height(count: u64, top: u64) -> u64 {
    let height = count.saturating_mul(100) / top;
    if count > 0 { height.clamp(1, 100) } else { 0 }
}

/// 4, 6, 8, 10, 20, 40, 60 …: its half is a whole number.
fn round_up(count: u64) -> u64 {
    let powers = std::iter::successors(Some(1u64), |power| power.checked_mul(10));
    let mut tops = powers.flat_map(|power| [2, 4, 6, 8, 10].map(|by| power.saturating_mul(by)));
    tops.find(|top| *top >= count.max(4)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_is_round_and_holds_every_bar() {
        let tops: Vec<_> = [0, 4, 5, 10, 11, 21, 41, 101, 410].map(round_up).into();
        assert_eq!(tops, [4, 4, 6, 10, 20, 40, 60, 200, 600]);
        assert_eq!(round_up(u64::MAX), u64::MAX);
        let day: Vec<_> = (0..24)
            .map(|hour| {
                let tally = Tally { sent: hour * 1_000, verified: hour, ..Tally::default() };
                (1_800_000_000 + hour * HOUR, tally)
            })
            .collect();
        let chart = Chart::new(&day);
        assert!(chart.bars.iter().all(|bar| bar.sent <= 100 && bar.x <= 230));
        assert_eq!((chart.bars[0].verified, chart.bars[1].verified), (0, 1), "one can be seen");
        assert_eq!(chart.bars[1].title, "09:00: 1000 sent, 1 verified");
        assert_eq!(chart.hours, ["08:00", "14:00", "20:00", "02:00"]);
    }
}
