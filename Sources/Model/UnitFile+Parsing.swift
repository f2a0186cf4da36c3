/// What is wrong with a unit file, all of it.
public struct UnitFileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One thing that is wrong.
    public struct Problem: Hashable, Sendable, CustomStringConvertible {
        /// Where, from 1; 0 for the file as a whole.
        public let line: Int
        /// What is wrong.
        public let what: String
        /// What would be right.
        public let remedy: String

        /// One problem.
        public init(line: Int, what: String, remedy: String) {
            self.line = line
            self.what = what
            self.remedy = remedy
        }

        /// `line 3: …; …`.
        public var description: String {
            (line > 0 ? "line \(line): " : "") + what + "; " + remedy
        }
    }

    /// The file's name as the user gave it.
    public let file: String
    /// In the order of their lines.
    public let problems: [Problem]

    /// Problems of one file.
    public init(file: String, problems: [Problem]) {
        self.file = SafeText.name(file)
        self.problems = problems
    }

    /// How many problems are told; a file that is no unit file has one in every line.
    public static let toldMax = 10

    /// `file:line: what; what to do`, a line a problem, the first of them.
    public var description: String {
        let told = problems.prefix(Self.toldMax).map { problem in
            file + (problem.line > 0 ? ":\(problem.line)" : "") + ": \(problem.what); \(problem.remedy)"
        }
        let left = problems.count - told.count
        return (told + (left > 0 ? ["\(file): and \(left) problems more"] : [])).joined(separator: "\n")
    }
}

extension UnitFile {
    /// How many bytes a unit file may have: what one store request carries with room to spare.
    public static let bytesMax = 1_000_000

    /// Reads systemd's syntax: comments, continued lines, sections that appear twice, unknown names.
    ///
    /// - Throws: every syntax problem with its line; nothing is half read.
    /// - Source: systemd.syntax(7).
    public init(parsing text: String, file: String = "unit file") throws(UnitFileError) {
        var parser = UnitFileParser()
        guard text.utf8.count <= Self.bytesMax else {
            let problem = UnitFileError.Problem(
                line: 0, what: "the file has \(text.utf8.count) bytes", remedy: "keep it under \(Self.bytesMax)")
            throw UnitFileError(file: file, problems: [problem])
        }
        parser.read(text)
        if !parser.problems.isEmpty { throw UnitFileError(file: file, problems: parser.problems) }
        self.init(options: parser.options)
    }
}

private struct UnitFileParser {
    var options: [UnitFile.Option] = []
    var problems: [UnitFileError.Problem] = []
    private var section: String?
    private var continued: (name: String, value: String, line: Int)?
    private var commentGoesOn = false

    mutating func read(_ text: String) {
        let unmarked = text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
        var number = 0
        for line in unmarked.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false) {
            number += 1
            take(String(line), number)
        }
        // After the last backslash of the text there is not even the end of its line.
        finishContinued(at: "")
    }

    private mutating func take(_ raw: String, _ number: Int) {
        let line = raw.trimmingBlanks
        if raw.unicodeScalars.contains(where: { $0.value < 0x20 && $0 != "\t" && $0 != "\r" }) {
            complain(
                number, "there is a control character", "remove it; only tabs and line ends may stand in a unit file")
            return
        }
        if let open = continued {
            carryOn(open, raw)
        } else if commentGoesOn {
            commentGoesOn = line.hasSuffix("\\")
        } else if line.isEmpty {
            return
        } else if line.hasPrefix("#") || line.hasPrefix(";") {
            commentGoesOn = line.hasSuffix("\\")
        } else if line.hasPrefix("[") {
            takeSection(line, number)
        } else {
            takeOption(line, number, goesOn: Self.goesOn(raw))
        }
    }

    /// A continued line keeps its indentation: it is part of the value, and so of the file's hash, in fleet too.
    private mutating func carryOn(_ open: (name: String, value: String, line: Int), _ raw: String) {
        let line = raw.trimmingBlanks
        if line.isEmpty {
            finishContinued(at: "\n")
            return
        }
        let indentation = raw.prefix { $0 == " " || $0 == "\t" }
        continued = (open.name, open.value + "\n" + indentation + line, open.line)
        let isComment = line.hasPrefix("#") || line.hasPrefix(";")
        if !isComment, !Self.goesOn(raw) { finishContinued(at: "") }
    }

    private mutating func takeSection(_ line: String, _ number: Int) {
        guard let end = line.firstIndex(of: "]") else {
            complain(number, "the section header has no ']'", "write it as [Service]")
            return
        }
        guard line.index(after: end) == line.endIndex else {
            complain(number, "there is text after the section header", "put it on a line of its own")
            return
        }
        let name = String(line[line.index(after: line.startIndex)..<end])
        guard !name.isEmpty, !name.contains("[") else {
            complain(number, "the section header is empty or has a '['", "write it as [Service]")
            return
        }
        section = name
    }

    /// A backslash with a blank after it is part of the value.
    private static func goesOn(_ raw: String) -> Bool {
        var bytes = raw.utf8[...]
        if bytes.last == 0x0D { bytes.removeLast() }
        return bytes.last == UInt8(ascii: "\\")
    }

    private mutating func takeOption(_ line: String, _ number: Int, goesOn: Bool) {
        guard let equals = line.firstIndex(of: "=") else {
            complain(
                number, "'\(SafeText.clean(line, limit: 40))' has no '='", "write Name=value, or begin a comment with #"
            )
            return
        }
        let name = line[..<equals].trimmingBlanks
        let value = line[line.index(after: equals)...].trimmingBlanks
        guard !name.isEmpty else {
            complain(number, "there is no name before '='", "write Name=value")
            return
        }
        guard section != nil else {
            complain(
                number, "'\(SafeText.clean(name, limit: 40))' stands before any section",
                "put it under [Unit] or [Service]")
            return
        }
        continued = (name, value, number)
        if !goesOn { finishContinued(at: "") }
    }

    /// A backslash that nothing follows stays, with the end of its line: it is part of the hash, in fleet too.
    private mutating func finishContinued(at lineEnd: String) {
        guard let open = continued, let section else { return }
        continued = nil
        let value = open.value.hasSuffix("\\") ? open.value + lineEnd : open.value
        options.append(UnitFile.Option(section: section, name: open.name, value: value, line: open.line))
    }

    private mutating func complain(_ line: Int, _ what: String, _ remedy: String) {
        problems.append(UnitFileError.Problem(line: line, what: what, remedy: remedy))
    }
}
