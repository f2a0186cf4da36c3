import FoundationEssentials
import Model
import Screen
import Testing

@testable import Console

/// A console with a farm, driven by keys; its screens are compared with files.
struct Deck {
    var console: Console
    var now = Farm.start
    var effects: [Console.Effect] = []

    init(_ setup: Setup = Setup(context: "demo", startsLocked: false, themes: ["one", "two"], theme: "one")) {
        console = Console(setup)
        for report in Farm.reports { tell(report) }
        look()
    }

    init(empty setup: Setup) {
        console = Console(setup)
        look()
    }

    mutating func tell(_ report: Report) {
        effects += console.handle(.report(report), at: now)
    }

    mutating func press(_ keys: Key...) {
        for key in keys {
            effects += console.handle(.key(key), at: now)
            look()
        }
    }

    mutating func type(_ text: String) {
        for character in text { press(.character(character)) }
    }

    mutating func look(_ size: Size = Size(width: 120, height: 40)) {
        console.prepare(size, at: now)
    }

    mutating func screen(_ width: Int = 120, _ height: Int = 40) -> Screen {
        let size = Size(width: width, height: height)
        look(size)
        return console.view(size)
    }

    mutating func text(_ width: Int = 120, _ height: Int = 40) -> String { screen(width, height).text }

    /// The last line of the screen: a message, or the keys.
    mutating func lastLine() -> String {
        String(text().split(separator: "\n", omittingEmptySubsequences: false).last ?? "")
    }

    var orders: [Order] { effects.compactMap { if case .order(_, let order) = $0 { order } else { nil } } }

    mutating func put(cursorOn unit: UnitName, in cluster: ID<Cluster>) {
        console.reveal(.unit(UnitKey(cluster, unit)))
        look()
    }
}

/// Compares a screen with its file in `Tests/Screens`; `REWRITE=1` writes the file anew.
func expect(_ text: String, isFile name: String, _ location: SourceLocation = #_sourceLocation) throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let file = folder.appending(path: "Screens/\(name).txt")
    if ProcessInfo.processInfo.environment["REWRITE"] != nil {
        try (text + "\n").write(to: file, atomically: true, encoding: .utf8)
    }
    #expect(try String(contentsOf: file, encoding: .utf8) == text + "\n", sourceLocation: location)
}
