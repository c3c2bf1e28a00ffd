//! A terminal with the program in it, and the screen that a person sees.

use std::{
    fs::File,
    io::{Read as _, Write as _},
    path::PathBuf,
    process::{Child, Command},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use nix::{
    pty::{Winsize, openpty},
    sys::termios::{LocalFlags, tcgetattr},
    unistd::ttyname,
};
use tokio::time::Instant;

use crate::hc_rig::HcRig;

const TIMEOUT: Duration = Duration::from_secs(60);

/// A terminal with the program in it.
pub(crate) struct Terminal {
    keyboard: File,
    device: PathBuf,
    received: Receiver<Vec<u8>>,
    output: String,
    screen: vt100::Parser,
    child: Child,
}

impl Terminal {
    /// Starts the program in a terminal that does not report its size.
    pub(crate) fn start(rig: HcRig) -> Self {
        Self::sized(rig, None)
    }

    /// The same with so many rows and columns.
    pub(crate) fn of_size(rig: HcRig, rows: u16, columns: u16) -> Self {
        Self::sized(rig, Some((rows, columns)))
    }

    fn sized(rig: HcRig, size: Option<(u16, u16)>) -> Self {
        let winsize = size.map(|(ws_row, ws_col)| Winsize { ws_row, ws_col, ws_xpixel: 0, ws_ypixel: 0 });
        let ends = openpty(&winsize, None).expect("a terminal");
        let device = ttyname(&ends.slave).expect("it has a name");
        let rig = rig.command();
        // The program asks at its controlling terminal, which only a new session can have.
        let mut command = Command::new("setsid");
        command.args(["--ctty", "--wait"]).arg(rig.get_program()).args(rig.get_args());
        for (name, value) in rig.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let slave = || ends.slave.try_clone().expect("another handle");
        let child = command.stdin(slave()).stdout(slave()).stderr(slave()).spawn().expect("util-linux has setsid");
        let (sender, received) = mpsc::channel();
        let mut output = File::from(ends.master.try_clone().expect("another handle"));
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            // It fails once nobody holds the other end any more.
            while let Ok(n) = output.read(&mut buffer)
                && n > 0
                && sender.send(buffer[..n].to_vec()).is_ok()
            {}
        });
        let (rows, columns) = size.unwrap_or((24, 80));
        let screen = vt100::Parser::new(rows, columns, 0);
        Self { keyboard: ends.master.into(), device, received, output: String::new(), screen, child }
    }

    /// What is on the screen.
    pub(crate) fn screen(&self) -> &vt100::Screen {
        self.screen.screen()
    }

    /// The rows of the screen that are not empty.
    pub(crate) fn rows(&self) -> Vec<String> {
        let columns = self.screen().size().1;
        self.screen().rows(0, columns).map(|row| row.trim_end().to_owned()).filter(|row| !row.is_empty()).collect()
    }

    /// Takes what the program has written; false once there will be nothing more.
    pub(crate) fn take(&mut self) -> bool {
        let Ok(more) = self.received.recv_timeout(TIMEOUT) else { return false };
        self.output.push_str(&String::from_utf8_lossy(&more));
        self.screen.process(&more);
        true
    }

    /// Waits until this was written.
    #[track_caller]
    pub(crate) fn until(&mut self, text: &str) {
        while !self.output.contains(text) {
            assert!(self.take(), "{text} is missing in:\n{}", self.output);
        }
    }

    /// Waits until the terminal no longer echoes.
    pub(crate) fn until_hidden(&self) {
        let late = Instant::now() + TIMEOUT;
        while tcgetattr(&self.keyboard).expect("a terminal").local_flags.contains(LocalFlags::ECHO) {
            assert!(Instant::now() < late, "the terminal would show a password");
            thread::yield_now();
        }
    }

    /// Gives the terminal another size, which the program is told with SIGWINCH. What is on its way in the old size arrives
    /// before: a row that begins with `mark` shows that the program draws in the new one.
    pub(crate) fn resize(&mut self, rows: u16, columns: u16, mark: &str) {
        let old = self.screen().size();
        if old.1 < columns {
            self.screen.screen_mut().set_size(old.0.max(rows), columns);
        }
        let size = [("rows", rows), ("cols", columns)].map(|(name, n)| [name.to_owned(), n.to_string()]).concat();
        let changed = Command::new("stty").arg("-F").arg(&self.device).args(size).status();
        assert!(changed.expect("coreutils has stty").success());
        let width = usize::from(columns);
        // The second frame from now on was begun after the change.
        let mut frames = 0;
        while frames < 2 && self.take() {
            let fits = |row: &String| row.starts_with(mark) && row.chars().count() < width;
            frames += usize::from(self.rows().iter().any(fits));
        }
        self.screen.screen_mut().set_size(rows, columns);
    }

    pub(crate) fn type_line(&mut self, line: &str) {
        self.type_keys(&format!("{line}\n"));
    }

    pub(crate) fn type_keys(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("a terminal takes what is typed");
    }

    /// The whole output, the exit code, and the rows of the screen at the end.
    pub(crate) fn end_on_screen(mut self) -> (String, Option<i32>, Vec<String>) {
        while self.take() {}
        let status = self.child.wait().expect("it ends");
        let rows = self.rows();
        (self.output, status.code(), rows)
    }

    /// The whole output, and the exit code.
    pub(crate) fn end(self) -> (String, Option<i32>) {
        let (output, code, _) = self.end_on_screen();
        (output, code)
    }
}
