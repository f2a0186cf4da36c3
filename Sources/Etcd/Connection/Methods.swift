import EtcdWire

// Every method of etcd's that is called, with whether it may be called twice.

extension Caller.Method where Request == Etcdserverpb_RangeRequest, Response == Etcdserverpb_RangeResponse {
    static var range: Self { Self(descriptor: Etcdserverpb_KV.Method.Range.descriptor, repeats: .always) }
}

extension Caller.Method where Request == Etcdserverpb_PutRequest, Response == Etcdserverpb_PutResponse {
    /// A put of the same bytes.
    static var put: Self { Self(descriptor: Etcdserverpb_KV.Method.Put.descriptor, repeats: .always) }
}

extension Caller.Method where Request == Etcdserverpb_DeleteRangeRequest, Response == Etcdserverpb_DeleteRangeResponse {
    /// A second deletion would tell that nothing was there.
    static var delete: Self { Self(descriptor: Etcdserverpb_KV.Method.DeleteRange.descriptor, repeats: .ifUnsent) }
}

extension Caller.Method where Request == Etcdserverpb_TxnRequest, Response == Etcdserverpb_TxnResponse {
    /// A transaction with guards, which hold at most once.
    static var guardedTxn: Self { Self(descriptor: Etcdserverpb_KV.Method.Txn.descriptor, repeats: .always) }
    /// A transaction without guards.
    static var plainTxn: Self { Self(descriptor: Etcdserverpb_KV.Method.Txn.descriptor, repeats: .ifUnsent) }
}

extension Caller.Method where Request == Etcdserverpb_LeaseGrantRequest, Response == Etcdserverpb_LeaseGrantResponse {
    /// A lease granted twice by mistake ends by itself.
    static var grantLease: Self { Self(descriptor: Etcdserverpb_Lease.Method.LeaseGrant.descriptor, repeats: .always) }
}

extension Caller.Method
where Request == Etcdserverpb_LeaseKeepAliveRequest, Response == Etcdserverpb_LeaseKeepAliveResponse {
    static var keepAlive: Self {
        Self(descriptor: Etcdserverpb_Lease.Method.LeaseKeepAlive.descriptor, repeats: .always, isStream: true)
    }
}

extension Caller.Method where Request == Etcdserverpb_LeaseRevokeRequest, Response == Etcdserverpb_LeaseRevokeResponse {
    /// A second revocation would tell that there is no such lease.
    static var revokeLease: Self {
        Self(descriptor: Etcdserverpb_Lease.Method.LeaseRevoke.descriptor, repeats: .ifUnsent)
    }
}

extension Caller.Method where Request == Etcdserverpb_MemberListRequest, Response == Etcdserverpb_MemberListResponse {
    /// Every member knows the list, whether it has a leader or not.
    static var members: Self {
        Self(descriptor: Etcdserverpb_Cluster.Method.MemberList.descriptor, repeats: .always, needsLeader: false)
    }
}

extension Caller.Method where Request == Etcdserverpb_StatusRequest, Response == Etcdserverpb_StatusResponse {
    /// A member without a leader is asked just to hear that.
    static var status: Self {
        Self(descriptor: Etcdserverpb_Maintenance.Method.Status.descriptor, repeats: .always, needsLeader: false)
    }
}

extension Caller.Method
where Request == Etcdserverpb_AuthenticateRequest, Response == Etcdserverpb_AuthenticateResponse {
    static var authenticate: Self {
        Self(descriptor: Etcdserverpb_Auth.Method.Authenticate.descriptor, repeats: .always)
    }
}
