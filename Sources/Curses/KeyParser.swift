internal import Screen

/// Turns the bytes of a terminal into keys, however the line cuts them into pieces.
///
/// A sequence that has not come whole waits for its rest, so that no part of it is read as keys.
/// **Invariant:** nothing between the brackets of a paste is read as a key, and no more than ``pasteMax`` bytes of it
/// are kept.
struct KeyParser {
    /// What arrives on the keyboard's line.
    enum Input: Hashable {
        case key(Key)
        case focus(Bool)
        case status
        case synchronizes(Bool)
    }

    /// What of a sequence the parser itself has to know.
    private enum Meaning {
        case input(Input)
        case pasteBegin, pasteEnd
        /// Known, and of no use.
        case nothing
    }

    /// Pasted text beyond so many bytes is dropped.
    static let pasteMax = 65_536
    /// Of a sequence that is longer only its end is waited for.
    private static let sequenceMax = 64
    /// A sequence whose rest does not come for so many milliseconds is given up: a key comes next.
    private static let patience = 1_000
    /// Two presses on a cell within so many milliseconds are one double click.
    private static let doubleClick = 400
    private static let escape: UInt8 = 0x1B

    private let mouse: Bool
    /// The keys of this terminal's description, by their sequences.
    private let described: (String) -> Key?
    /// What has come of a sequence, its Esc included.
    private var sequence: [UInt8] = []
    private var cameAt = 0
    /// When an Esc was taken for the key, as nothing came behind it at once.
    private var escapedAt: Int?
    private var character: [UInt8] = []
    private var pasted: [UInt8]?
    private var pressed: (point: Point, at: Int)?

    /// - Parameters:
    ///   - mouse: whether the terminal tells of its mouse
    ///   - described: the key that a sequence of the terminal's description stands for
    init(mouse: Bool, described: @escaping (String) -> Key? = { _ in nil }) {
        self.mouse = mouse
        self.described = described
    }

    /// Whether an Esc came, and nothing behind it: the key, or the beginning of a sequence.
    var isUndecided: Bool { sequence == [Self.escape] && pasted == nil }

    /// Takes an Esc behind which nothing came for the key.
    mutating func decide(now: Int) -> [Input] {
        guard isUndecided else { return [] }
        sequence = []
        escapedAt = now
        return [.key(.escape)]
    }

    /// Takes what has come, and tells what it means.
    mutating func take(_ bytes: [UInt8], now: Int) -> [Input] {
        var inputs: [Input] = []
        if pasted == nil, !sequence.isEmpty, now - cameAt > Self.patience { sequence = [] }
        cameAt = now
        var index = resume(bytes, &inputs, now)
        while index < bytes.count {
            // A byte that ends a sequence in its middle is something of its own.
            if take(bytes[index], &inputs, now) { index += 1 }
        }
        return inputs
    }

    /// The rest of a sequence whose Esc was taken for the key: it is no text. Returns where something else begins.
    private mutating func resume(_ bytes: [UInt8], _ inputs: inout [Input], _ now: Int) -> Int {
        defer { if !bytes.isEmpty { escapedAt = nil } }
        guard let escapedAt, now - escapedAt <= Self.patience, let first = bytes.first, Self.introduces(first) else {
            return 0
        }
        var whole = [Self.escape]
        for (index, byte) in bytes.enumerated().prefix(Self.sequenceMax) {
            whole.append(byte)
            guard index > 0, isWhole(whole) else { continue }
            guard let meaning = meaning(of: whole, now) else { return 0 }
            obey(meaning, &inputs)
            return index + 1
        }
        return 0
    }

    /// Takes a byte; false when it is to be taken once more.
    private mutating func take(_ byte: UInt8, _ inputs: inout [Input], _ now: Int) -> Bool {
        if sequence.isEmpty {
            if byte == Self.escape {
                sequence = [byte]
            } else if pasted != nil {
                paste(byte)
            } else {
                return type(byte, &inputs)
            }
            return true
        }
        if sequence.count == 1, !Self.introduces(byte) {
            sequence = []
            guard pasted == nil else { return false }
            // Two bytes that are a key here; else Esc and a key of its own, or one with Alt, which is the same.
            let key = byte < 0x80 ? described("\u{1B}\(Unicode.Scalar(byte))") : nil
            inputs.append(.key(key ?? .escape))
            return key != nil
        }
        guard (0x20...0x7E).contains(byte) || (isOldMouse && byte > 0x7E) else {
            sequence = []
            return false
        }
        if sequence.count < Self.sequenceMax || (0x40...0x7E).contains(byte) { sequence.append(byte) }
        if isWhole(sequence) {
            let whole = sequence
            sequence = []
            if let meaning = meaning(of: whole, now) { obey(meaning, &inputs) }
        }
        return true
    }

    private mutating func obey(_ meaning: Meaning, _ inputs: inout [Input]) {
        switch (meaning, pasted) {
        case (.pasteBegin, _): pasted = pasted ?? []
        case (.pasteEnd, .some(let bytes)):
            pasted = nil
            inputs.append(.key(.paste(Self.text(bytes))))
        case (.input(.key), .some), (.pasteEnd, nil), (.nothing, _): break
        case (.input(let input), _): inputs.append(input)
        }
    }

    /// Whether three bytes follow that tell of the mouse.
    private var isOldMouse: Bool { mouse && sequence.starts(with: [Self.escape, 0x5B, 0x4D]) }

    private static func introduces(_ byte: UInt8) -> Bool { byte == 0x5B || byte == 0x4F }

    /// Whether a sequence has its last byte.
    private func isWhole(_ sequence: [UInt8]) -> Bool {
        guard sequence.count > 2, let last = sequence.last else { return false }
        if sequence[1] == 0x5B, sequence[2] == 0x4D, mouse { return sequence.count == 6 }
        // The console of Linux sends Esc [ [ A for F1.
        if sequence[1] == 0x5B, sequence[2] == 0x5B, sequence.count == 3 { return false }
        return (0x40...0x7E).contains(last)
    }

    // MARK: Text

    private mutating func paste(_ byte: UInt8) {
        guard let count = pasted?.count, count < Self.pasteMax else { return }
        switch byte {
        case 0x0D: pasted?.append(0x0A)
        case 0x0A where pasted?.last == 0x0A && wasReturn: break
        case 0x09, 0x0A, 0x20..<0x7F, 0x80...: pasted?.append(byte)
        default: break
        }
        wasReturn = byte == 0x0D
    }

    /// The last byte pasted was a carriage return: a line feed behind it ends no second line.
    private var wasReturn = false

    private static func text(_ bytes: [UInt8]) -> String {
        var text = String(decoding: bytes, as: UTF8.self)
        // What was cut off in the middle of a character.
        if bytes.count >= pasteMax, text.last == "\u{FFFD}" { text.removeLast() }
        return text
    }

    /// Takes a byte of what is typed; false when it is to be taken once more.
    private mutating func type(_ byte: UInt8, _ inputs: inout [Input]) -> Bool {
        guard byte >= 0x80 else {
            character = []
            if let key = Self.plain(byte) { inputs.append(.key(key)) }
            return true
        }
        if !character.isEmpty, !(0x80...0xBF).contains(byte) { character = [] }
        character.append(byte)
        guard let length = Self.length(of: character[0]) else {
            character = []
            return true
        }
        guard character.count == length else { return true }
        if let text = String(validating: character, as: UTF8.self), let scalar = text.unicodeScalars.first,
            scalar.value >= 0xA0
        {
            inputs.append(.key(.character(Character(scalar))))
        }
        character = []
        return true
    }

    /// How many bytes a character of UTF-8 has that begins with this one; nil when none does.
    private static func length(of first: UInt8) -> Int? {
        switch first {
        case 0xC2...0xDF: 2
        case 0xE0...0xEF: 3
        case 0xF0...0xF4: 4
        default: nil
        }
    }

    private static func plain(_ byte: UInt8) -> Key? {
        switch byte {
        case 0x09: .tab
        case 0x0A, 0x0D: .enter
        case 0x08, 0x7F: .backspace
        case 0x01...0x1A: .control(Character(Unicode.Scalar(byte + 0x60)))
        case 0x20...0x7E: .character(Character(Unicode.Scalar(byte)))
        default: nil
        }
    }
}

// MARK: - What sequences mean

extension KeyParser {
    private mutating func meaning(of sequence: [UInt8], _ now: Int) -> Meaning? {
        let rest = String(decoding: sequence.dropFirst(), as: UTF8.self)
        if let known = Self.answers[rest] { return known }
        if rest.hasPrefix("[<") || (rest.hasPrefix("[M") && mouse) {
            return mouse(sequence, rest, now).map { .input(.key(.mouse($0))) } ?? .nothing
        }
        return (described("\u{1B}" + rest) ?? Self.usual[rest]).map { .input(.key($0)) }
    }

    private static let answers: [String: Meaning] = [
        "[200~": .pasteBegin, "[201~": .pasteEnd, "[I": .input(.focus(true)), "[O": .input(.focus(false)),
        "[0n": .input(.status), "[3n": .input(.status),
        // Set, reset, and always set; neither unknown nor never to be set.
        "[?2026;1$y": .input(.synchronizes(true)), "[?2026;2$y": .input(.synchronizes(true)),
        "[?2026;3$y": .input(.synchronizes(true)), "[?2026;0$y": .input(.synchronizes(false)),
        "[?2026;4$y": .input(.synchronizes(false)),
    ]

    /// What nearly every terminal sends, whatever its description says.
    private static let usual: [String: Key] = {
        var keys: [String: Key] = [
            "[Z": .backtab, "[1~": .home, "[2~": .insert, "[3~": .delete, "[4~": .end, "[5~": .pageUp,
            "[6~": .pageDown, "[7~": .home, "[8~": .end, "OM": .enter,
        ]
        let arrows: [(String, Key)] = [
            ("A", .up), ("B", .down), ("C", .right), ("D", .left), ("H", .home), ("F", .end),
        ]
        for (letter, key) in arrows {
            keys["[" + letter] = key
            keys["O" + letter] = key
        }
        return keys
    }()

    /// What was done with the mouse, told as `Esc [ < button ; column ; row M`, or in the old way in three bytes.
    private mutating func mouse(_ sequence: [UInt8], _ text: String, _ now: Int) -> Key.Mouse? {
        let numbers: [Int]
        if text.hasPrefix("[<") {
            guard text.hasSuffix("M") else { return nil }
            numbers = text.dropFirst(2).dropLast().split(separator: ";").compactMap { Int($0) }
        } else {
            numbers = sequence.suffix(3).map { Int($0) - 32 }
        }
        guard numbers.count == 3, numbers[1] > 0, numbers[2] > 0, let action = Self.action(numbers[0]) else {
            return nil
        }
        let point = Point(x: numbers[1] - 1, y: numbers[2] - 1)
        guard action == .press else { return Key.Mouse(action, at: point) }
        let isSecond = pressed.map { $0.point == point && now - $0.at <= Self.doubleClick } ?? false
        pressed = isSecond ? nil : (point, now)
        return Key.Mouse(isSecond ? .doubleClick : .press, at: point)
    }

    /// Modifiers are passed over; moving and letting go are nothing.
    private static func action(_ button: Int) -> Key.Mouse.Action? {
        switch button & ~0b11100 {
        case 0: .press
        case 64: .wheelUp
        case 65: .wheelDown
        default: nil
        }
    }
}
