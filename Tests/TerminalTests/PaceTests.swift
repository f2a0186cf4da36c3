import Screen
import Testing

@testable import Curses

@Suite struct `The pace of frames` {
    /// One that has greeted the terminal and was answered, the line taking so long.
    private func answered(after milliseconds: Int = 0) -> Pace {
        var pace = Pace(framesPerSecond: 10, asks: true)
        pace.greeted(now: -milliseconds)
        _ = pace.answer(now: 0)
        return pace
    }

    @Test func `answers keys at once and news on a grid`() {
        var pace = Pace(framesPerSecond: 10, asks: false)
        #expect(pace.delay(now: 0, .news) == 0)
        let asked = pace.framed(now: 0, bytes: 9_000, .news)
        #expect(!asked)

        #expect(pace.delay(now: 10, .news) == 90)
        #expect(pace.delay(now: 10, .key) == 6)
        #expect(pace.delay(now: 100, .news) == 0)
        #expect(pace.budget(now: 100, .news) == nil)
    }

    @Test func `tells the first news at once, where the line is answered for and not slow`() {
        var pace = answered()
        _ = pace.framed(now: 10, bytes: 300, .news)
        _ = pace.answer(now: 11)
        #expect(pace.delay(now: 12, .news) == 14)
        #expect(pace.delay(now: 26, .news) == 0)
        _ = pace.framed(now: 1_010, bytes: 300, .news)
        _ = pace.answer(now: 1_011)
        #expect(pace.delay(now: 1_012, .news) == 98)

        var silent = Pace(framesPerSecond: 10, asks: true)
        _ = silent.framed(now: 10, bytes: 300, .news)
        #expect(silent.delay(now: 12, .news) == 98)

        var slow = answered(after: 100)
        _ = slow.framed(now: 10, bytes: 300, .news)
        _ = slow.answer(now: 400)
        _ = slow.framed(now: 800, bytes: 10, .key)
        _ = slow.answer(now: 805)
        #expect(slow.delay(now: 806, .news) == 94)
    }

    @Test func `holds news back while the last frame is on its way, and lets one key through`() {
        var pace = answered()
        let asked = pace.framed(now: 100, bytes: 100, .news)
        #expect(asked)
        #expect(pace.delay(now: 1_000, .news) == 600)
        #expect(pace.delay(now: 1_000, .rest) == 600)
        #expect(pace.delay(now: 1_000, .key) == 0)

        _ = pace.framed(now: 1_000, bytes: 100, .key)
        #expect(pace.delay(now: 1_200, .key) == 400)
        let took = pace.answer(now: 1_500)
        #expect(took == 1_400)
        #expect(pace.delay(now: 1_500, .key) == 0)
    }

    @Test func `leaves the line idle after news as long as they took, and not for keys nor for the rest`() {
        var pace = answered()
        _ = pace.framed(now: 1_000, bytes: 100, .news)
        _ = pace.answer(now: 1_800)
        #expect(pace.delay(now: 1_800, .news) == 800)
        #expect(pace.delay(now: 2_600, .news) == 0)
        #expect(pace.delay(now: 1_800, .key) == 0)
        #expect(pace.delay(now: 1_800, .rest) == 0)
    }

    @Test func `draws little before the first answer, and all when none comes in time`() {
        var pace = Pace(framesPerSecond: 10, asks: true)
        pace.greeted(now: 0)
        #expect(pace.delay(now: 0, .news) == 0)
        #expect(pace.budget(now: 0, .news) == 600)
        _ = pace.framed(now: 0, bytes: 800, .key)
        #expect(pace.delay(now: 10, .rest) == 690)
        #expect(pace.delay(now: 10, .key) == 690)
        #expect(pace.delay(now: 700, .rest) == 0)
        #expect(pace.budget(now: 700, .news) == nil)
        _ = pace.answer(now: 200)
        #expect(pace.delay(now: 200, .rest) > 1_000)
        _ = pace.answer(now: 210)
        #expect(pace.delay(now: 210, .rest) == 0)
    }

    @Test func `measures the line, and gives frames of a slow one so many bytes as it carries in most of a second`() {
        var pace = answered(after: 200)
        #expect(pace.roundTrip == 200)
        #expect(pace.budget(now: 0, .news) == nil)
        _ = pace.framed(now: 1_000, bytes: 1_200, .news)
        _ = pace.answer(now: 2_200)
        #expect(pace.bytesPerSecond == 1_200)
        #expect(pace.budget(now: 2_200, .news) == 720)
        #expect(pace.budget(now: 2_200, .key) == 300)
        // Behind another frame it is the time since that one arrived that counts.
        _ = pace.framed(now: 5_000, bytes: 1_200, .news)
        _ = pace.framed(now: 5_100, bytes: 600, .key)
        _ = pace.answer(now: 6_200)
        _ = pace.answer(now: 6_700)
        #expect((1_150...1_300).contains(pace.bytesPerSecond ?? 0))
    }

    @Test func `needs no limit on a fast line, however long it is, nor on one that became fast`() {
        var pace = answered(after: 300)
        _ = pace.framed(now: 1_000, bytes: 9_000, .news)
        _ = pace.answer(now: 1_350)
        #expect(pace.budget(now: 1_350, .news) == nil)
        _ = pace.framed(now: 3_000, bytes: 1_000, .news)
        _ = pace.answer(now: 4_300)
        #expect(pace.budget(now: 4_300, .news) != nil)
        _ = pace.framed(now: 9_000, bytes: 5_000, .news)
        _ = pace.answer(now: 9_310)
        #expect(pace.budget(now: 9_310, .news) == nil)
    }

    @Test func `waits for no terminal that never answers`() {
        var pace = Pace(framesPerSecond: 10, asks: true)
        for frame in 0..<4 {
            _ = pace.framed(now: frame * 1_000, bytes: 10, .news)
            #expect(pace.delay(now: frame * 1_000 + 500, .news) == 0)
        }
        let asked = pace.framed(now: 5_000, bytes: 10, .news)
        #expect(!asked)
    }

    @Test func `gives a lost answer up soon on a fast line, and late on a slow one`() {
        var pace = answered()
        _ = pace.framed(now: 100, bytes: 10, .news)
        #expect(pace.delay(now: 1_500, .news) == 100)
        #expect(pace.delay(now: 1_600, .news) == 0)
        // The answer that comes to the next frame is not taken for the lost one.
        _ = pace.framed(now: 1_600, bytes: 10, .news)
        let took = pace.answer(now: 1_605)
        #expect(took == 5)
        #expect(!pace.isWaiting)

        var slow = answered(after: 200)
        _ = slow.framed(now: 1_000, bytes: 1_200, .news)
        _ = slow.answer(now: 2_200)
        _ = slow.framed(now: 4_000, bytes: 700, .news)
        #expect(slow.delay(now: 6_000, .news) == 13_000)
    }
}

@Suite struct `The rows of a frame` {
    private func screen(_ rows: [String], urgent: [Int] = []) -> Screen {
        var screen = Screen(Size(width: 10, height: rows.count))
        for (y, text) in rows.enumerated() { screen.put(text, .text, in: Rect(x: 0, y: y, width: 10)) }
        screen.urgentRows = urgent
        return screen
    }

    private let before = ["aaaaaaaaaa", "bbbbbbbbbb", "cccccccccc", "dddddddddd"]

    @Test func `are those that changed`() {
        let now = screen(["aaaaaaaaaa", "xbbbbbbbbb", "cccccccccc", "xddddddddd"])
        let plan = FramePlan(now, shown: screen(before).cells, budget: nil)
        #expect(plan.rows == [1, 3])
        #expect(plan.isComplete)
    }

    @Test func `that tell what is wrong go first on an empty screen, and have a part of every frame`() {
        let now = screen(["1", "2", "3", "4"], urgent: [3])
        #expect(FramePlan(now, shown: [], budget: 10).rows == [3])
        let plan = FramePlan(now, shown: screen(before).cells, budget: 40, turn: 1)
        #expect(plan.rows == [1, 3])
        #expect(plan.next == 2)
        #expect(!plan.isComplete)
        #expect(FramePlan(now, shown: screen(before).cells, budget: 1_000).isComplete)
    }

    @Test func `that may answer a key go before all others`() {
        var now = screen(["1", "2", "3", "4"], urgent: [3])
        now.lay(Rect(x: 0, y: 2, width: 10), on: .cursor)
        let shown = screen(before).cells
        #expect(FramePlan(now, shown: shown, budget: 10, isAnswer: true).rows == [2])
        #expect(FramePlan(now, shown: shown, budget: 10).rows == [3])
        // What changes beside a question is none of its answer.
        var asked = screen(["1", "2", "3", "4"])
        asked.lay(Rect(x: 0, y: 1, width: 3), on: .dialog)
        asked.lay(Rect(x: 0, y: 3, width: 3), on: .dialog)
        var typed = asked
        typed.put("news", .text, in: Rect(x: 5, y: 1, width: 5))
        typed.put("4z", .text, in: Rect(x: 0, y: 3, width: 3))
        #expect(FramePlan(typed, shown: asked.cells, budget: 5, isAnswer: true).rows == [3])
        // Where is typed comes before the question, and that before the cursor behind it.
        typed.lay(Rect(x: 0, y: 0, width: 10), on: .cursor)
        #expect(FramePlan(typed, shown: asked.cells, budget: 5, isAnswer: true).rows == [3])
        typed.caret = Point(x: 6, y: 1)
        #expect(FramePlan(typed, shown: asked.cells, budget: 5, isAnswer: true).rows == [1])
        // Where the cursor was counts as much as where it is.
        #expect(FramePlan(screen(["1", "2", "3", "4"]), shown: now.cells, budget: 5, isAnswer: true).rows == [2])
    }

    @Test func `take turns, so that rows that change all the time keep no other waiting`() {
        var shown = screen(before).cells
        var drawn: Set<Int> = []
        var turn = 0
        for frame in 0..<4 {
            let rows = (0..<4).map { "\(frame)\($0)        " }
            let now = screen(rows)
            let plan = FramePlan(now, shown: shown, budget: 20, turn: turn)
            #expect(plan.rows.count == 1)
            turn = plan.next
            for y in plan.rows {
                drawn.insert(y)
                shown.replaceSubrange(y * 10..<(y + 1) * 10, with: now.row(y))
            }
        }
        #expect(drawn == [0, 1, 2, 3])
    }

    @Test func `are never none while some are left, and all of them come in the end`() {
        let now = screen(["1111111111", "2222222222", "3333333333", "4444444444"])
        var shown: [Cell] = []
        var frames = 0
        while frames < 10 {
            let plan = FramePlan(now, shown: shown, budget: 1)
            #expect(plan.rows.count == 1)
            if shown.isEmpty { shown = Array(repeating: .blank, count: now.cells.count) }
            for y in plan.rows { shown.replaceSubrange(y * 10..<(y + 1) * 10, with: now.row(y)) }
            frames += 1
            if plan.isComplete { break }
        }
        #expect(frames == 4)
        #expect(shown == now.cells)
    }
}

@Suite struct `The clipboard` {
    @Test(arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")])
    func `takes base 64`(_ text: String, _ encoded: String) {
        #expect(Base64.encode(Array(text.utf8)) == encoded)
    }
}
