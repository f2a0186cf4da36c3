/// Amounts as unit files write them.
public enum Quantity {
    /// Cores such as `2`, `0.5` or `500m`, in thousandths.
    public static func milliCPU(_ text: String) -> Int? {
        if text.hasSuffix("m") {
            guard let value = Int(text.dropLast()), (1...10_000_000).contains(value) else { return nil }
            return value
        }
        guard let (whole, fraction) = decimal(text), whole <= 10_000 else { return nil }
        let value = whole * 1_000 + fraction
        return (1...10_000_000).contains(value) ? value : nil
    }

    /// A decimal number as a whole and thousandths, the rest rounded up.
    private static func decimal(_ text: String) -> (whole: Int, thousandths: Int)? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let isDigits = parts.allSatisfy { $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
        guard isDigits, let first = parts.first, let whole = first.isEmpty ? 0 : Int(first) else { return nil }
        guard parts.count == 2 else { return first.isEmpty ? nil : (whole, 0) }
        guard !parts[1].isEmpty else { return nil }
        let digits = parts[1].utf8.map { Int($0) - 0x30 }
        let three = (0..<3).reduce(0) { $0 * 10 + ($1 < digits.count ? digits[$1] : 0) }
        return (whole, three + (digits.dropFirst(3).contains { $0 > 0 } ? 1 : 0))
    }

    /// Bytes such as `256M`, `1G` or `1073741824`, in MiB rounded up.
    public static func mebibytes(_ text: String) -> Int? {
        bytes(text).map { Int(($0 + 1_048_575) / 1_048_576) }
    }

    /// Bytes with a suffix to the base of 1024.
    public static func bytes(_ text: String) -> Int64? {
        let powers: [Character: Int64] = ["B": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40]
        guard let last = text.last else { return nil }
        let factor = powers[last]
        let number = factor == nil ? text : String(text.dropLast())
        guard let value = Double(number), value > 0, value < 1e15 else { return nil }
        let total = value * Double(factor ?? 1)
        return total < 1e18 ? Int64(total) : nil
    }

    /// A time span such as `5`, `1min 30s`, `500ms`, `infinity`; nil when it is none.
    ///
    /// - Source: systemd.time(7).
    public static func timeSpan(_ text: String) -> TimeSpan? {
        let trimmed = text.trimmingBlanks
        if trimmed == "infinity" { return .infinite }
        if let seconds = Double(trimmed), seconds >= 0, seconds < 1e12 {
            return .span(.milliseconds(Int64(seconds * 1_000)))
        }
        var milliseconds = 0.0
        var rest = Substring(trimmed)
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let number = rest.prefix { $0.isNumber || $0 == "." }
            rest = rest.dropFirst(number.count).drop { $0 == " " }
            let unit = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(unit.count).drop { $0 == " " }
            guard let value = Double(number), let factor = timeUnits[String(unit)] else { return nil }
            milliseconds += value * factor
        }
        return milliseconds < 1e15 ? .span(.milliseconds(Int64(milliseconds))) : nil
    }

    /// A span of time, or no end at all.
    public enum TimeSpan: Hashable, Sendable {
        /// That long.
        case span(Duration)
        /// Without end.
        case infinite
    }

    private static let timeUnits: [String: Double] = [
        "us": 0.001, "usec": 0.001, "ms": 1, "msec": 1, "s": 1_000, "sec": 1_000, "second": 1_000, "seconds": 1_000,
        "m": 60_000, "min": 60_000, "minute": 60_000, "minutes": 60_000, "h": 3_600_000, "hr": 3_600_000,
        "hour": 3_600_000, "hours": 3_600_000, "d": 86_400_000, "day": 86_400_000, "days": 86_400_000,
        "w": 604_800_000, "week": 604_800_000, "weeks": 604_800_000,
    ]
}
