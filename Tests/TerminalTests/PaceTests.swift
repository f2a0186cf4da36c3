import Testing

@testable import Curses

@Suite struct `The pace of frames` {
    @Test func `answers keys at once and news on a grid`() {
        var pace = Pace(framesPerSecond: 10, asks: false)
        #expect(pace.delay(now: 0, urgent: false) == 0)
        let framed0 = pace.framed(now: 0)
        #expect(!framed0)

        #expect(pace.delay(now: 10, urgent: false) == 90)
        #expect(pace.delay(now: 10, urgent: true) == 6)
        #expect(pace.delay(now: 100, urgent: false) == 0)
    }

    @Test func `holds news back while the last frame is on its way, and lets one key through`() {
        var pace = Pace(framesPerSecond: 10, asks: true)
        pace.asked(now: 0)
        let answer40 = pace.answer(now: 40)
        #expect(answer40 == 40)

        let framed100 = pace.framed(now: 100)
        #expect(framed100)
        #expect(pace.delay(now: 1_000, urgent: false) > 10_000)
        #expect(pace.delay(now: 1_000, urgent: true) == 0)

        let framed1000 = pace.framed(now: 1_000)
        #expect(framed1000)
        #expect(pace.delay(now: 2_000, urgent: true) > 10_000)
        let answer2500 = pace.answer(now: 2_500)
        #expect(answer2500 == 2_400)
        #expect(pace.delay(now: 2_500, urgent: true) == 0)
    }

    @Test func `waits for no terminal that never answers`() {
        var pace = Pace(framesPerSecond: 10, asks: true)
        for frame in 0..<4 {
            _ = pace.framed(now: frame * 1_000)
            #expect(pace.delay(now: frame * 1_000 + 500, urgent: false) == 0)
        }

        let framed5000 = pace.framed(now: 5_000)
        #expect(!framed5000)
    }

    @Test func `gives a lost answer up in the end`() {
        var pace = Pace(framesPerSecond: 10, asks: true)
        pace.asked(now: 0)
        _ = pace.answer(now: 10)
        _ = pace.framed(now: 100)

        #expect(pace.delay(now: 15_100, urgent: false) == 0)
    }
}

@Suite struct `The clipboard` {
    @Test(arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")])
    func `takes base 64`(_ text: String, _ encoded: String) {
        #expect(Base64.encode(Array(text.utf8)) == encoded)
    }
}
