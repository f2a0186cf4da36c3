import Console
import FoundationEssentials
import Model
import Screen
import Testing
import Triage

@testable import Recording

@Suite struct `Going back in a recording` {
    /// All that is known, in words; sets and dictionaries in order.
    private static func words(_ moment: RecordedMoment) -> [String] {
        let inventory = moment.inventory
        let memory = inventory.memory
        var words = inventory.clouds.sorted { $0.key < $1.key }.map { "\($0.value.contents)" }
        for (_, part) in inventory.clusters.sorted(by: { $0.key < $1.key }) {
            words.append("\(part.revision) \(part.contents)")
            words += part.figures.sorted { $0.key < $1.key }.map { "\($0.key) uses \($0.value)" }
            words += part.unitsOn.sorted { $0.key < $1.key }.map { "\($0.key) has \($0.value.sorted())" }
        }
        words += memory.sources.sorted { $0.key < $1.key }.map { "source \($0.key) \($0.value)" }
        words += memory.leftAt.sorted { $0.key < $1.key }.map { "left \($0.key) \($0.value)" }
        words += memory.removedVMs.sorted { $0.key < $1.key }.map { "removed \($0.key) \($0.value)" }
        words += memory.gone.sorted { $0.key < $1.key }.map { _, gone in
            "gone \(gone.machine) \(gone.cluster) \(gone.at) \(gone.units.sorted())"
        }
        words += inventory.machineOfVM.sorted { $0.key < $1.key }.map { "\($0.key) runs \($0.value)" }
        words += moment.processors.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        return words + moment.events.map { "\($0)" }
    }

    private static func problems(_ moment: RecordedMoment, at now: Timestamp) -> [String] {
        let judged = Triage(Known(inventory: moment.inventory, now: now, events: moment.events))
        return judged.problems.map { problem in
            "\(problem.severity) \(problem.sentence) since \(String(describing: problem.since)); "
                + "\(judged.causeWords(problem)); "
                + judged.before(problem, in: moment.inventory, limit: 12).map(\.text).joined(separator: ", ")
        }
    }

    /// What one knows who plays it from its start, every so often.
    private static func straight(_ path: String, every interval: Duration) throws -> [(Timestamp, RecordedMoment)] {
        var recording = try Recording(path: path)
        var known = RecordedMoment()
        var moments: [(Timestamp, RecordedMoment)] = []
        var moment = recording.start
        while moment <= recording.end {
            while let one = recording.report(until: moment) { known.apply(one.report) }
            moments.append((moment, known))
            moment = moment + interval
        }
        return moments
    }

    @Test func `shows what one knows who played it from its start`() async throws {
        let path = `A recording`.path()
        try await Night().record(path)
        let truth = try Self.straight(path, every: .seconds(70))
        var recording = try Recording(path: path)

        #expect(truth.count > 30)
        for (moment, known) in truth.reversed() {
            let found = recording.seek(moment)
            let (had, has) = (Self.words(found), Self.words(known))
            if had != has {
                let differences = had.difference(from: has).map { "\($0)".prefix(300) }
                Issue.record("at \(moment.timeOfDay): \(differences.joined(separator: "\n"))")
            }
            #expect(Self.problems(found, at: moment) == Self.problems(known, at: moment))
        }
        let now = Night.start + .seconds(560)
        let sentences = Self.problems(recording.seek(now), at: now).joined(separator: "\n")
        #expect(!sentences.contains("never joined"), "\(sentences)")
    }

    @Test func `and forth again, in any order, does too`() async throws {
        let path = `A recording`.path()
        try await Night().record(path)
        let truth = try Self.straight(path, every: .seconds(130))
        var recording = try Recording(path: path)

        for step in 0..<3 * truth.count {
            let (moment, known) = truth[step * 7 % truth.count]
            #expect(Self.words(recording.seek(moment)) == Self.words(known), "at \(moment.timeOfDay)")
        }
    }

    @Test func `of a version that wrote down less plays what led to the moment`() async throws {
        let path = `A recording`.path()
        try await Night().record(path)
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        let older = lines.filter { !$0.contains(#""kind":"happened""#) }.map { line in
            guard line.contains(#""kind":"key""#) else { return String(line) }
            let less = line.replacing(/,"memory":\{.*\}(?=,"processors":)/, with: "")
            return String(less.replacing(/,"processors":\{[^}]*\}/, with: ""))
        }
        #expect(older.allSatisfy { !$0.contains(#""memory":"#) && !$0.contains(#""processors":"#) })
        #expect(older.count < lines.count)
        let old = `A recording`.path()
        try (older.joined(separator: "\n") + "\n").write(toFile: old, atomically: true, encoding: .utf8)

        var recording = try Recording(path: old)
        #expect(recording.unread == 0)
        for (moment, known) in try Self.straight(old, every: .seconds(300)).reversed() {
            #expect(Self.problems(recording.seek(moment), at: moment) == Self.problems(known, at: moment))
        }
    }

    @Test func `shows the same screens`() async throws {
        let path = `A recording`.path()
        try await Night().record(path)
        var recording = try Recording(path: path)
        var setup = Setup(context: "prod", themes: ["one"], theme: "one")
        setup.replay = Replay(start: recording.start, end: recording.end)
        setup.startsWithTriage = true
        var console = Console(setup)
        let size = Size(width: 160, height: 60)
        func picture(_ moment: Timestamp) -> String {
            console.prepare(size, at: moment)
            return console.view(size).text
        }
        var pictures: [(Timestamp, String)] = []
        for second in stride(from: Int64(0), through: 2_395, by: 5) {
            let moment = Night.start + .seconds(second)
            while let (at, report) = recording.report(until: moment) { _ = console.handle(.report(report), at: at) }
            let text = picture(moment)
            if second % 115 == 0 { pictures.append((moment, text)) }
        }
        for (moment, text) in pictures.reversed() {
            let known = recording.seek(moment)
            _ = console.handle(.recall(known.inventory, known.events, processors: known.processors), at: moment)
            #expect(picture(moment) == text, "at \(moment.timeOfDay)")
        }
    }

    @Test func `keeps what two sources told in the wrong order`() async throws {
        let path = `A recording`.path()
        let recorder = try Recorder(path: path, context: "prod", at: Night.start)
        for (second, name) in [(2, "b"), (1, "a"), (3, "c")] as [(Int64, String)] {
            let now = Night.start + .seconds(second)
            let report = Report(source: SourceID(name), observedAt: now, body: .quiet)
            try await recorder.take(report, at: now)
        }

        let played = try `A recording`.played(path)
        #expect(played.map(\.report.source.text) == ["b", "a", "c"])
        #expect(played.map { $0.at.since(Night.start) } == [.seconds(2), .seconds(2), .seconds(3)])
        #expect(try Recording(path: path).unread == 0)
    }

    @Test func `reads what an earlier version wrote in the wrong order`() throws {
        let path = `A recording`.path()
        let at = Night.start.milliseconds
        let text = """
            {"at":\(at),"context":"prod","quarterdeck":"recording","version":1}
            {"at":\(at + 2_000),"kind":"quiet","source":"b"}
            {"at":\(at + 1_990),"kind":"quiet","source":"a"}

            """
        try Data(text.utf8).write(to: URL(filePath: path))

        let played = try `A recording`.played(path)
        #expect(played.map(\.report.source.text) == ["b", "a"])
        #expect(played.map { $0.report.observedAt.milliseconds - at } == [2_000, 2_000])
    }
}
