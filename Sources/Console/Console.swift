public import Model
public import Screen

/// The dashboard as a value: keys, reports and outcomes go in, effects and pictures come out.
///
/// **Invariant:** reads no clock and waits for nothing; a view only reads; no key is named outside the command table.
public struct Console: Sendable {
    /// What happens to the console.
    public enum Event: Sendable {
        /// A key was pressed, something was pasted, the mouse was used.
        case key(Key)
        /// A source told something.
        case report(Report)
        /// What became of the order of this number.
        case outcome(Int, Outcome)
        /// Lines of the log that is followed.
        case log([LogLine])
        /// The log that was followed has ended or never began, with the reason.
        case logEnded(String)
        /// What a cloud tells of a VM that is looked at.
        case vm(ID<VM>, VMDetails)
        /// What is wrong of what was asked about.
        case judged(Judged)
        /// A file that was asked for.
        case file(String, FileContent)
        /// Something the executable has to say, shown in the hint line.
        case told(String)
        /// Another theme is in use.
        case theme(String)
        /// A source will report; shown as never heard of until it does.
        case expect(SourceID)
        /// What is being done before the viewer's eyes, and what to look at; nil for nothing any more.
        case caption(String?, waits: Bool = false)
        /// How the recording is played now.
        case replay(Replay)
        /// Another moment of the recording is shown: what was known then, what had happened, and the last figures of
        /// processors, oldest first.
        case recall(Inventory, [FarmEvent], processors: [ID<Machine>: [Double]])
        /// The line to the terminal and back takes so many milliseconds; nil when nobody knows.
        case link(Int?)
        /// Time has passed.
        case tick
    }

    /// A file's text, or why there is none.
    public enum FileContent: Sendable {
        case text(String)
        case failure(String)
    }

    /// What is to be done for the console.
    public enum Effect: Hashable, Sendable {
        /// Carry out an order, and tell its outcome under this number.
        case order(Int, Order)
        /// Follow a unit's log; a log that was followed before is dropped.
        case followLog(LogRequest)
        /// Ask a cloud about a VM, and tell what it says.
        case look(ID<Cloud>, ID<VM>)
        /// Judge ``Console/judging()`` where no key waits for it, and tell what was found.
        case judge
        /// Follow no log any more.
        case stopLog
        /// Put text into the clipboard.
        case copy(String)
        /// Write text into a file of this name in the user's current folder, and tell where it went.
        case write(name: String, String)
        /// Read a file and tell its content.
        case readFile(String)
        /// Draw with the theme of this name.
        case setTheme(String)
        /// Log in to a machine by ssh in this terminal, and come back.
        case logIn(Login)
        /// Stop the process until the shell continues it.
        case suspend
        /// Draw the whole screen anew: something else wrote on it.
        case redraw
        /// Show another context.
        case context(String)
        /// Play the recording otherwise.
        case replay(Replay.Wish)
        /// Let the story go on.
        case goOn
        /// Leave.
        case quit
    }

    /// Where ssh goes.
    public struct Login: Hashable, Sendable {
        /// The machine's or VM's name, for people.
        public var name: String
        /// Its address, as the store or the cloud tells it: not checked.
        public var address: String
        /// The cluster that says who logs in; nil for a VM of none.
        public var cluster: ID<Cluster>?
    }

    /// What fills the screen.
    enum Place: Hashable, Sendable {
        case deck
        case details(Subject)
        case events
        case orders
        case triage
        case help
        case whatIf
        case map
    }

    /// What lies over it and takes the keys.
    enum Dialog: Sendable {
        case prompt(Prompt)
        case palette(Palette)
        case confirmation(Confirmation)
        case scale(ScaleDialog)
        case move(MoveDialog)
    }

    var setup: Setup
    /// All commands with the keys they have here.
    let table: [Command]
    var facts = Facts()
    /// The moment it is; ``Facts/now`` is the one that is shown.
    var clock = Timestamp.zero
    var history = History()
    /// The moment looked back at; nil for now.
    var past: Past?
    var panes: [PaneState]
    var indexes: [PaneIndex]
    var changed = Changed()
    /// Units whose condition the time alone will change.
    var bouncing: Set<UnitKey> = []
    var focus: PaneID
    var isZoomed = false
    var scopes: [Subject] = []
    var places: [Place] = [.deck]
    var dialog: Dialog?
    var details = DetailsState()
    var log: LogState?
    var lists = ListStates()
    var events: [FarmEvent] = []
    /// Figures that are not shown yet, the newest of each machine.
    var figures: [ID<Machine>: Report] = [:]
    var figuresAt: Timestamp?
    /// Since when all sources have answered.
    var completeAt: Timestamp?
    var orders: [OrderRecord] = []
    var triage = TriageState()
    /// What is being done before the viewer's eyes.
    var caption: String?
    /// The story goes on when somebody says so.
    var captionWaits = false
    var growths: [Growth] = []
    var whatIf: WhatIfState?
    var map: MapState?
    var drainRun: DrainRun?
    var message: Message?
    var unlockedUntil: Timestamp?
    /// What a caption leaves of the screen.
    var size = Size(width: 80, height: 24)
    var wholeSize = Size(width: 80, height: 24)
    /// The round trip to the terminal where it can be felt, in milliseconds.
    var link: Int?

    /// The dashboard before anything is known.
    public init(_ setup: Setup) {
        self.setup = setup
        table = setup.keys.commands
        focus = setup.pane
        panes = PaneID.allCases.map { _ in PaneState() }
        indexes = PaneID.allCases.map { _ in PaneIndex() }
        panes[PaneID.units.rawValue].filter = Filter(setup.filter)
        if setup.startsWithTriage { places.append(.triage) }
    }

    /// Takes an event in and says what is to be done.
    public mutating func handle(_ event: Event, at now: Timestamp) -> [Effect] {
        set(now)
        switch event {
        case .key(let key): return press(key)
        case .report(let report):
            nowadays { $0.take(report) }
            return nowadays { $0.advanceDrain() }
        case .outcome(let number, let outcome):
            take(outcome, of: number)
            return nowadays { $0.advanceDrain() }
        case .log(let lines): log?.append(lines)
        case .logEnded(let why): log?.ending = why
        case .vm(let id, let found): take(found, of: id)
        case .judged(let judged): take(judged)
        case .file(let path, let content): return take(content, of: path)
        case .told(let text): tell(text)
        case .theme(let name): setup.theme = name
        case .caption(let text, let waits):
            caption = text
            captionWaits = waits
        case .expect(let source): nowadays { $0.facts.inventory.expect(source) }
        case .replay(let replay): setup.replay = replay
        case .recall(let inventory, let events, let processors): recall(inventory, events, processors)
        case .link(let milliseconds): link = Self.roundedLink(milliseconds)
        case .tick:
            expire()
            return nowadays { $0.advanceDrain() } + look() + judgeAside()
        }
        return []
    }

    /// Brings lists and counts up to date; to be called before `view(_:)`, once a frame.
    public mutating func prepare(_ size: Size, at now: Timestamp) {
        set(now)
        wholeSize = size
        self.size = stage(size)
        nowadays {
            $0.takeFigures()
            $0.settle()
        }
        refresh()
        judge()
        if past == nil { watchGrowth() }
        layOut()
    }

    private mutating func set(_ now: Timestamp) {
        clock = now
        facts.now = past?.at ?? now
    }

    /// Bytes that looking back takes, as it counts them itself.
    public var historyBytes: Int { history.bytes }

    /// Rounded so that it changes seldom: on a slow line each change costs bytes. Under 50 ms nobody feels it.
    private static func roundedLink(_ milliseconds: Int?) -> Int? {
        guard let milliseconds, milliseconds >= 50 else { return nil }
        let step = milliseconds < 500 ? 50 : 500
        return (milliseconds + step / 2) / step * step
    }

    var place: Place { places.last ?? .deck }

    /// A short message for the hint line.
    struct Message: Hashable, Sendable {
        var text: String
        var face: Face
        var until: Timestamp
    }

    mutating func tell(_ text: String, _ face: Face = .text) {
        message = Message(text: text, face: face, until: clock + Limits.message)
    }

    private mutating func expire() {
        // Whether a VM is still joining or never will depends on the time alone.
        if indexes[PaneID.vms.rawValue].count <= Limits.manyRows { changed.vms = true }
        changed.units.formUnion(bouncing)
        if let message, message.until < clock { self.message = nil }
        if let unlockedUntil, unlockedUntil < clock {
            self.unlockedUntil = nil
            tell("locked again")
        }
    }

    /// The name of the theme that is drawn with.
    public var theme: String { setup.theme }

    /// Whether `unlock` was asked, and holds.
    var isUnlocked: Bool { unlockedUntil.map { $0 >= clock } ?? false }

    /// Why nothing may be changed now; nil when it may.
    var lock: String? {
        if setup.replay != nil { return "this is a recording: nothing can be changed in it" }
        if past != nil {
            return "this is the past: nothing can be changed there; \(key(of: Command.now)) returns to now"
        }
        if setup.isReadOnly { return "this context is read-only" }
        if !setup.startsLocked || isUnlocked { return nil }
        return "locked: \(keys(of: Command.unlock)) unlocks for 10 minutes"
    }
}
