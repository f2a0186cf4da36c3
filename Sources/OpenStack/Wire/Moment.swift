import Model

/// Moments as the services write them.
enum Moment {
    /// `2026-11-22T15:01:08Z`, with or without a fraction, a zone or `Z`; without any it is UTC.
    static func iso8601(_ text: String) -> Timestamp? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 19, bytes[4] == 0x2D, bytes[7] == 0x2D, bytes[13] == 0x3A, bytes[16] == 0x3A else {
            return nil
        }
        let fields = [(0, 4), (5, 2), (8, 2), (11, 2), (14, 2), (17, 2)].compactMap {
            number(bytes[$0.0..<$0.0 + $0.1])
        }
        guard fields.count == 6, let day = day(fields[0], fields[1], fields[2]) else { return nil }
        var rest = bytes[19...]
        var milliseconds: Int64 = 0
        if rest.first == 0x2E {
            let digits = rest.dropFirst().prefix { (0x30...0x39).contains($0) }
            rest = rest.dropFirst(digits.count + 1)
            milliseconds = number((Array(digits) + [0x30, 0x30, 0x30]).prefix(3)) ?? 0
        }
        guard let offset = offset(rest) else { return nil }
        let seconds = day * 86_400 + fields[3] * 3_600 + fields[4] * 60 + fields[5] - offset
        return Timestamp(milliseconds: seconds * 1_000 + milliseconds)
    }

    /// `Sun, 22 Nov 2026 15:01:08 GMT`, the date of HTTP.
    static func http(_ text: String) -> Timestamp? {
        let words = text.split(separator: " ")
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard words.count == 6, let month = months.firstIndex(of: String(words[2])), let year = Int64(words[3]),
            let dayOfMonth = Int64(words[1]), let day = day(year, Int64(month + 1), dayOfMonth)
        else { return nil }
        let time = words[4].split(separator: ":").compactMap { Int64($0) }
        guard time.count == 3 else { return nil }
        return Timestamp(milliseconds: (day * 86_400 + time[0] * 3_600 + time[1] * 60 + time[2]) * 1_000)
    }

    private static func number(_ digits: some Sequence<UInt8>) -> Int64? {
        var value: Int64 = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { return nil }
            value = value * 10 + Int64(digit - 0x30)
        }
        return value
    }

    private static func offset(_ zone: ArraySlice<UInt8>) -> Int64? {
        if zone.isEmpty || zone.elementsEqual([0x5A]) { return 0 }
        let digits = zone.dropFirst().filter { $0 != 0x3A }
        guard digits.count == 4, let value = number(digits), let sign = zone.first, sign == 0x2B || sign == 0x2D else {
            return nil
        }
        return (value / 100 * 3_600 + value % 100 * 60) * (sign == 0x2D ? -1 : 1)
    }

    /// Days since 1970-01-01.
    ///
    /// - Source: the days-from-civil algorithm for the proleptic Gregorian calendar.
    private static func day(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64? {
        guard (1...9_999).contains(year), (1...12).contains(month), (1...31).contains(day) else { return nil }
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
