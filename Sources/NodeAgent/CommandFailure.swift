/// How a command ends when it does not succeed.
package struct CommandFailure: Error, CustomStringConvertible {
    /// The exit codes that scripts can rely on.
    package enum Code: Int32 {
        /// Refused, or tried and failed.
        case refused = 1
        /// Used wrongly.
        case usage = 2
        /// Something did not answer.
        case unreachable = 3
    }

    /// What scripts go by.
    package let code: Code
    /// The sentence.
    package let text: String

    /// A failure of that sentence.
    package init(_ code: Code, _ text: String) {
        self.code = code
        self.text = text
    }

    /// The sentence.
    package var description: String { text }
}
