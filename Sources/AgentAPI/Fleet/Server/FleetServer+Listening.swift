public import Web

extension FleetServer {
    /// A server of fleet's API alone at an address of its own.
    ///
    /// Who may use a socket in the file system is said by the file: its owner and its group.
    /// - Throws: `WebError`, as every server does.
    public func server(at address: WebAddress, tls: WebTLS?, access: AgentAccess) throws -> WebServer {
        if case .unix = address {
            return try WebServer(address, tls: nil, knowsPeers: false, socketMode: 0o660, refuse: Self.refuse) {
                await answer($0)
            }
        }
        return try WebServer(address, tls: tls, knowsPeers: access.knowsPeers, refuse: Self.refuse) {
            await answer($0, access)
        }
    }

    /// A server of fleet's API alone on a socket that was passed to this process.
    ///
    /// - Throws: as for an address.
    public func server(on socket: PassedSocket, tls: WebTLS?, access: AgentAccess) throws -> WebServer {
        if case .unix = socket.address {
            return try WebServer(socket, tls: nil, knowsPeers: false, refuse: Self.refuse) { await answer($0) }
        }
        return try WebServer(socket, tls: tls, knowsPeers: access.knowsPeers, refuse: Self.refuse) {
            await answer($0, access)
        }
    }

    /// What never comes to be answered is refused in fleet's form too.
    static let refuse: WebServer.Refusing = { _, status, text in FleetAnswer.refusal(status, text) }

    /// Answers those who may ask. A web page cannot have a browser send what changes anything here: PUT, PATCH and
    /// DELETE are asked for first, and that is refused.
    func answer(_ request: WebRequest, _ access: AgentAccess) async -> WebResponse {
        switch access.role(of: request.peer) {
        case .operator?: await answer(request)
        case .viewer? where request.method == "GET": await answer(request)
        case .viewer?: FleetAnswer.refusal(403, AgentAccess.viewerChanges)
        case nil: FleetAnswer.refusal(401, AgentAccess.unknown(request.peer))
        }
    }
}
