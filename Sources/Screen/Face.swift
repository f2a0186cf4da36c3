/// What a cell means; a theme decides how that looks.
///
/// The second group are grounds as well: a whole row or block lies on them, whatever is written there.
public enum Face: UInt8, CaseIterable, Hashable, Sendable {
    case text, dim, title, titleFocused, border, borderFocused, header, accent
    case good, warning, critical, changing, stale
    case hint, hintKey, input, match, graph
    case clusterA, clusterB, clusterC, clusterD, clusterE, clusterF
    case status, banner, past, dialog, cursor, cursorUnfocused, marked, linked

    /// The letter that stands for it in a test's picture of faces; `.` is plain text.
    public var letter: Character {
        switch self {
        case .text: "."
        case .dim: "d"
        case .title: "t"
        case .titleFocused: "T"
        case .border: "b"
        case .borderFocused: "B"
        case .header: "h"
        case .accent: "a"
        case .good: "g"
        case .warning: "w"
        case .critical: "c"
        case .changing: "~"
        case .stale: "s"
        case .hint: "i"
        case .hintKey: "k"
        case .input: "I"
        case .match: "m"
        case .graph: "r"
        case .clusterA: "1"
        case .clusterB: "2"
        case .clusterC: "3"
        case .clusterD: "4"
        case .clusterE: "5"
        case .clusterF: "6"
        case .status: "S"
        case .banner: "N"
        case .past: "P"
        case .dialog: "D"
        case .cursor: "C"
        case .cursorUnfocused: "U"
        case .marked: "M"
        case .linked: "L"
        }
    }

    /// Its name in a theme file.
    public var name: String { "\(self)" }

    /// The face of this name, if there is one.
    public init?(name: String) {
        guard let face = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = face
    }

    /// One of the six colours that tell clusters apart, going round.
    public static func cluster(_ index: Int) -> Face {
        let faces: [Face] = [.clusterA, .clusterB, .clusterC, .clusterD, .clusterE, .clusterF]
        return faces[((index % faces.count) + faces.count) % faces.count]
    }
}
