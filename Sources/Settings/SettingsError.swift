/// Everything wrong with a file of settings.
public struct SettingsError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One thing that is wrong.
    public struct Problem: Hashable, Sendable {
        /// Where, from 1; 0 for the file as a whole.
        public let line: Int
        /// What is wrong and what would be right.
        public let text: String
    }

    /// The file.
    public let file: String
    /// In the order of their lines.
    public let problems: [Problem]

    init(file: String, problems: [Problem]) {
        self.file = file
        self.problems = problems.sorted { ($0.line, $0.text) < ($1.line, $1.text) }
    }

    /// `file:line: what; what to do`, a line a problem.
    public var description: String {
        problems.map { file + ($0.line > 0 ? ":\($0.line)" : "") + ": " + $0.text }.joined(separator: "\n")
    }
}
