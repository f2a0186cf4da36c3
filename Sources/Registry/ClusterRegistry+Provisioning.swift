import Etcd
import Model

extension ClusterRegistry {
    /// Tries to be the one that makes the cluster's VMs, as long as the lease lives.
    /// - Returns: nil when it is, else the name of who is.
    public func campaignToProvision(as name: String, lease: Int64) async throws -> String? {
        let record = Coding.bytes(ProvisionerRecord(name: name))
        let answer = try await store.txn(
            if: [.absent(keys.provisioner)], then: [.put(keys.provisioner, record, lease: lease)],
            else: [.get(keys.provisioner)])
        if answer.succeeded { return nil }
        guard let item = answer.fetched.first?.first, item.lease != lease else { return nil }
        return SafeText.name(Coding.record(ProvisionerRecord.self, item.value)?.name ?? "somebody else")
    }

    /// Notes that a wish is carried out, or given up with the reason: nobody goes on with it later.
    public func settle(wish: Int64, failure: String?) async throws {
        _ = try await store.put(
            keys.settled, Coding.bytes(SettledRecord(wish: wish, failure: failure)), lease: 0)
    }

    /// The wish that was carried out or given up last, and why it was given up.
    public func settled() async throws -> (wish: Int64, failure: String?)? {
        guard let item = try await store.get(keys.settled), let record = Coding.record(SettledRecord.self, item.value)
        else {
            return nil
        }
        return (record.wish, record.failure.map { SafeText.clean($0, limit: 512) })
    }
}
