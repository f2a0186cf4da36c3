import ArgumentParser
import Console

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

    enum ColorChoice: String, ExpressibleByArgument, CaseIterable { case auto, always, never }

    mutating func validate() throws {
        if let pane, PaneID(name: pane) == nil {
            throw ValidationError("--pane '\(pane)' is none of servers, vms, clusters, units")
        }
        _ = try frameSize()
    }

    func frameSize() throws -> (width: Int, height: Int) {
        let parts = size.split(separator: "x").map { Int($0) }
        guard parts.count == 2, let width = parts[0], let height = parts[1], (1...1_000).contains(width),
            (1...1_000).contains(height)
        else { throw ValidationError("--size '\(size)' is not WIDTHxHEIGHT, such as 80x24") }
        return (width, height)
    }
}
