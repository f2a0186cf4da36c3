import Console
import Curses
import FoundationEssentials
import Glibc
import Model
import NodeAgent
import Settings

/// How a dashboard without a context of its own looks and obeys: as the options and the user's configuration say.
struct ViewSetup {
    let themes: Themes
    let theme: Theme
    private let keys: KeyMap
    private let options: DeckOptions

    /// - Parameter path: the configuration; nil for the usual one, which need not be there
    /// - Throws: `CommandFailure`.
    init(_ options: DeckOptions, from path: String? = nil) throws {
        let configuration = try CommandFailure.ofConfiguration { try Self.configuration(path) }
        do {
            keys = try KeyMap(configuration?.keys ?? [:])
        } catch {
            throw CommandFailure(.refused, "\(path ?? Self.usualPath): [keys]: \(error)")
        }
        themes = Themes(directory: Deck.themeDirectory())
        let name = options.theme ?? configuration?.theme ?? themes.names.first ?? ""
        guard let theme = themes[name] else {
            throw CommandFailure(
                .refused,
                "there is no theme '\(SafeText.name(name))'; there are \(themes.names.joined(separator: ", "))")
        }
        self.theme = theme
        self.options = options
    }

    /// What the console is told when it starts.
    func console(_ context: String, startsLocked: Bool) -> Setup {
        var setup = Setup(
            context: context, isReadOnly: options.readOnly, startsLocked: startsLocked, themes: themes.names,
            theme: theme.name, filter: options.filter ?? "", pane: options.pane.flatMap { PaneID(name: $0) } ?? .units)
        setup.startsWithTriage = options.triage
        setup.keys = keys
        return setup
    }

    private static func configuration(_ path: String?) throws -> Configuration? {
        if let path { return try Configuration(path: path) }
        guard access(usualPath, F_OK) == 0 else { return nil }
        return try Configuration(path: usualPath)
    }

    private static var usualPath: String {
        var environment: [String: String] = [:]
        for name in ["HOME", "XDG_CONFIG_HOME"] { environment[name] = getenv(name).map { String(cString: $0) } }
        return Configuration.usualPath(environment)
    }
}
