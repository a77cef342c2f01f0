//! Waiting for a moment to some tens of microseconds: tokio's own timers are a millisecond wide, and that
//! millisecond would be measured as the service's.
//!
//! On Linux a timer of the kernel's that is awaited like a socket; elsewhere tokio's, and the client's own
//! lateness, which the summary tells, is up to a millisecond.

#[cfg(target_os = "linux")]
pub use of_linux::Alarm;

#[cfg(target_os = "linux")]
mod of_linux {
    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    };
    use std::io;
    use std::time::Instant;
    use tokio::net::unix::pipe::Receiver;

    /// tokio reads a timer as it reads a pipe: ready, and then some bytes. Its way to wait for any other file is
    /// not safe code.
    pub struct Alarm(Receiver);

    impl Alarm {
        /// # Errors
        /// When the system has no timer left.
        pub fn new() -> io::Result<Self> {
            let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
            let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
            Ok(Alarm(Receiver::from_owned_fd_unchecked(timer)?))
        }

        /// Completes at `moment`, or at once if it has passed.
        ///
        /// # Errors
        /// None that is known: a timer can be set and read.
        pub async fn wait_until(&self, moment: Instant) -> io::Result<()> {
            let left = moment.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            let once = Itimerspec {
                it_interval: Timespec { tv_sec: 0, tv_nsec: 0 },
                it_value: Timespec {
                    tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
                    tv_nsec: i64::from(left.subsec_nanos()),
                },
            };
            timerfd_settime(&self.0, TimerfdTimerFlags::empty(), &once)?;
            loop {
                self.0.readable().await?;
                match self.0.try_read(&mut [0; 8]) {
                    Ok(_) => return Ok(()),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
pub struct Alarm;

#[cfg(not(target_os = "linux"))]
impl Alarm {
    /// # Errors
    /// Never.
    pub fn new() -> std::io::Result<Self> {
        Ok(Alarm)
    }

    /// Completes at `moment` or within the millisecond after it.
    ///
    /// # Errors
    /// Never.
    pub async fn wait_until(&self, moment: std::time::Instant) -> std::io::Result<()> {
        tokio::time::sleep_until(moment.into()).await;
        Ok(())
    }
}
