import Foundation

extension Programs {
    /// Waits until no other tests have machines of this computer, here or in another run: they need most of a small one,
    /// and what is measured by seconds on them means nothing when others take them.
    ///
    /// - Returns: a descriptor; closing it lets the next ones in.
    public static func turnOnMachines() async throws -> Int32 {
        let path = FileManager.default.temporaryDirectory.path + "/quarterdeck-machines.lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Failure("cannot open '\(path)': errno \(errno)") }
        try await eventually("the end of other tests on machines", within: .seconds(1_800)) {
            flock(descriptor, LOCK_EX | LOCK_NB) == 0 ? true : nil
        }
        return descriptor
    }
}
