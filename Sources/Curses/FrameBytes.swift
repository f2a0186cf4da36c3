/// Makes a frame's bytes fewer without changing what they do.
///
/// Curses sets each attribute with a sequence of its own, and undoes colours one by one before it resets all of them.
/// Neighbouring sequences become one, and what a reset undoes anyway is left out: about a third of the bytes of a key.
enum FrameBytes {
    private static let escape: UInt8 = 0x1B
    /// Selects ASCII as the first character set, which part of the descriptions of terminals do with every reset.
    /// Nothing here ever selects another.
    private static let ascii = Array("\u{1B}(B".utf8)
    /// A VT100 takes sixteen parameters and no more.
    private static let parametersMax = 16

    /// The same frame in fewer bytes.
    static func compact(_ bytes: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        var gathered: [ArraySlice<UInt8>] = []
        var index = 0
        while index < bytes.count {
            guard bytes[index] == escape else {
                flush(&gathered, to: &out)
                out.append(bytes[index])
                index += 1
                continue
            }
            if bytes[index...].starts(with: ascii) {
                index += ascii.count
            } else if let end = endOfLook(bytes, from: index) {
                gather(bytes[index + 2..<end], &gathered)
                index = end + 1
            } else {
                flush(&gathered, to: &out)
                out.append(escape)
                index += 1
            }
        }
        flush(&gathered, to: &out)
        return out
    }

    /// Where the `m` of a sequence that sets attributes is; nil when another sequence begins here.
    private static func endOfLook(_ bytes: [UInt8], from start: Int) -> Int? {
        guard start + 2 < bytes.count, bytes[start + 1] == 0x5B else { return nil }
        var index = start + 2
        while index < bytes.count, (0x30...0x3B).contains(bytes[index]) { index += 1 }
        return index < bytes.count && bytes[index] == 0x6D ? index : nil
    }

    /// A reset makes void what stands before it.
    private static func gather(_ parameters: ArraySlice<UInt8>, _ gathered: inout [ArraySlice<UInt8>]) {
        if parameters.isEmpty || parameters.elementsEqual([0x30]) || parameters.starts(with: [0x30, 0x3B]) {
            gathered.removeAll()
        }
        gathered.append(parameters)
    }

    private static func flush(_ gathered: inout [ArraySlice<UInt8>], to out: inout [UInt8]) {
        guard !gathered.isEmpty else { return }
        var count = 0
        for (position, parameters) in gathered.enumerated() {
            let more = parameters.count { $0 == 0x3B || $0 == 0x3A } + 1
            if position == 0 || count + more > parametersMax {
                if position > 0 { out.append(0x6D) }
                out += [escape, 0x5B]
                count = 0
            } else {
                out.append(0x3B)
            }
            // A reset before others needs its nought written out.
            let isBareReset = parameters.isEmpty && gathered.count > 1
            if isBareReset { out.append(0x30) } else { out += parameters }
            count += more
        }
        out.append(0x6D)
        gathered.removeAll()
    }
}
