/// What the console is told when it starts: from the configuration and the command line.
public struct Setup: Hashable, Sendable {
    /// The context's name.
    public var context: String
    /// No change may be asked for at all.
    public var isReadOnly: Bool
    /// Changes want `U` first.
    public var startsLocked: Bool
    /// The themes to cycle through.
    public var themes: [String]
    /// The theme drawn with now.
    public var theme: String
    /// What the units are filtered by from the start.
    public var filter: String
    /// The pane that has the focus at the start.
    public var pane: PaneID
    /// All contexts that can be shown, in their order.
    public var contexts: [String] = []
    /// A recording that is played; nil where this is the farm itself.
    public var replay: Replay?
    /// Keys that differ from the usual ones.
    public var keys = KeyMap()
    /// Who runs the console judges large farms aside when it asks for that: see ``Console/Effect/judge``.
    public var judgesAside = false
    /// Triage comes first, the deck behind it.
    public var startsWithTriage = false
    /// What this program is, for the status line.
    public var program: String

    /// A start; everything but the context has a usual value.
    public init(
        context: String, isReadOnly: Bool = false, startsLocked: Bool = true, themes: [String] = [],
        theme: String = "", filter: String = "", pane: PaneID = .units, program: String = "quarterdeck"
    ) {
        self.context = context
        self.isReadOnly = isReadOnly
        self.startsLocked = startsLocked
        self.themes = themes
        self.theme = theme
        self.filter = filter
        self.pane = pane
        self.program = program
    }
}

/// One of the deck's four panes.
public enum PaneID: Int, CaseIterable, Hashable, Sendable {
    case servers, vms, clusters, units

    /// The digit that focuses it.
    var number: Int { rawValue + 1 }

    /// The pane of this name, as the command line takes it.
    public init?(name: String) {
        guard let pane = Self.allCases.first(where: { "\($0)" == name }) else { return nil }
        self = pane
    }
}
