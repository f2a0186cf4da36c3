import ArgumentParser
import Console
import Curses
import Glibc
import NodeAgent
import Recording
import Screen

/// How the dashboard begins.
struct DeckOptions: ParsableArguments {
    @Option(help: "The theme's name.")
    var theme: String?
    @Flag(help: "Take every change away: from keys, mouse and palette.")
    var readOnly = false
    @Option(help: "Show only units that match.")
    var filter: String?
    @Option(help: "The pane that has the focus: servers, vms, clusters or units.")
    var pane: String?
    @Flag(help: "Begin with triage: what is wrong, by probable cause.")
    var triage = false
    @Flag(help: "Print one settled frame on standard output and end.")
    var once = false
    @Option(help: "The size of that frame, as WIDTHxHEIGHT.")
    var size: String = "200x50"
    @Option(help: "Colour of that frame: auto, always or never.")
    var color: ColorChoice = .auto
    @Flag(help: "Take the mouse: click, wheel. Off, the terminal selects text.")
    var mouse = false

    @Flag(help: "Draw with ASCII alone, whatever the locale says.")
    var ascii = false
    @Option(help: "Write all that is learnt into this file, for 'quarterdeck replay'.")
    var record: String?
    @Option(help: "Write the screen into this file as asciinema has it, version 2.")
    var cast: String?

    enum ColorChoice: String, ExpressibleByArgument, CaseIterable { case auto, always, never }

    mutating func validate() throws {
        if let pane, PaneID(name: pane) == nil {
            throw ValidationError("--pane '\(pane)' is none of servers, vms, clusters, units")
        }
        _ = try frameSize()
    }

    /// How the terminal is drawn on.
    /// - Throws: `RecordingError` when the cast's file cannot be written.
    func drawing() throws -> Terminal.Options {
        var drawing = Terminal.Options()
        drawing.mouse = mouse
        if ascii { drawing.ascii = true }
        if let cast {
            let writer = try CastWriter(path: cast)
            drawing.tap = { bytes, size in
                writer.take(
                    bytes, columns: size.width, rows: size.height, epochSeconds: Int64(Glibc.time(nil)))
            }
        }
        return drawing
    }

    /// Whether a printed frame has colours.
    var isColoured: Bool {
        switch color {
        case .always: true
        case .never: false
        case .auto: Output.isTerminal && getenv("NO_COLOR") == nil
        }
    }

    func frameSize() throws -> (width: Int, height: Int) {
        let parts = size.split(separator: "x").map { Int($0) }
        guard parts.count == 2, let width = parts[0], let height = parts[1], (1...1_000).contains(width),
            (1...1_000).contains(height)
        else { throw ValidationError("--size '\(size)' is not WIDTHxHEIGHT, such as 80x24") }
        return (width, height)
    }
}
