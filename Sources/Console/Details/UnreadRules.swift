public import Model

extension Unit {
    /// What is to be said of a unit whose file asks for what is read nowhere where it is; nil for all others.
    public func unread(by kind: Cluster.Kind) -> String? {
        guard kind == .fleet, requirements != Requirements(of: file, name: name) else { return nil }
        return "[X-Quarterdeck] of its file does not count here: fleet reads [X-Fleet] alone"
    }
}
