/// JSON while it is written, by hand: pages of a hundred units with all their options are asked fifty times in a row.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []
    private var isFirst = true

    /// `{…}`, with what is written inside.
    mutating func object(_ write: (inout JSONWriter) -> Void) { enclose("{", "}", write) }

    /// `[…]`, an element each.
    mutating func array<Element>(_ elements: [Element], _ write: (inout JSONWriter, Element) -> Void) {
        enclose("[", "]") { text in
            for element in elements {
                text.separate()
                write(&text, element)
            }
        }
    }

    /// `"name":`, with the value that is written.
    mutating func field(_ name: StaticString, _ write: (inout JSONWriter) -> Void) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        write(&self)
    }

    /// A field with a text; nothing where there is none.
    mutating func field(_ name: StaticString, _ value: String?) {
        guard let value, !value.isEmpty else { return }
        field(name) { $0.string(value) }
    }

    /// A field whose name is data too.
    mutating func pair(_ name: String, _ value: String) {
        separate()
        string(name)
        bytes.append(UInt8(ascii: ":"))
        string(value)
    }

    /// Text that is JSON by itself.
    mutating func plain(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// A text in quotes.
    mutating func string(_ value: String) {
        bytes.append(UInt8(ascii: "\""))
        var value = value
        value.withUTF8 { for byte in $0 { append(byte) } }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func append(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(byte)
        case 0x0A: plain("\\n")
        case 0x09: plain("\\t")
        case 0x0D: plain("\\r")
        case 0..<0x20: plain(byte < 0x10 ? "\\u000" + String(byte, radix: 16) : "\\u00" + String(byte, radix: 16))
        default: bytes.append(byte)
        }
    }

    private mutating func enclose(_ open: Unicode.Scalar, _ close: Unicode.Scalar, _ write: (inout JSONWriter) -> Void)
    {
        bytes.append(UInt8(ascii: open))
        isFirst = true
        write(&self)
        bytes.append(UInt8(ascii: close))
        isFirst = false
    }

    private mutating func separate() {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
    }
}
