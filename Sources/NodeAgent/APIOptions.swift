import AgentAPI
import ArgumentParser
import Web

/// How an agent's API knows its callers, and how it is known by them.
struct APIOptions: ParsableArguments {
    @Option(help: "The file of the API's certificate; with it the API speaks TLS.")
    var apiCert: String?
    @Option(help: "The file of that certificate's key.")
    var apiKey: String?
    @Option(help: "The file of the authority that signs the certificates of callers and of the other agents.")
    var apiCA: String?
    @Option(help: "A file with lines 'operator TOKEN' and 'viewer TOKEN', which only its owner can read.")
    var apiTokenFile: String?

    mutating func validate() throws {
        guard (apiCert == nil) == (apiKey == nil) else {
            throw ValidationError("--api-cert and --api-key belong together")
        }
        if apiCA != nil, apiCert == nil { throw ValidationError("--api-ca needs --api-cert and --api-key") }
    }

    var tls: WebTLS? { apiCert == nil ? nil : WebTLS(ca: apiCA, cert: apiCert, key: apiKey) }

    /// - Throws: `WebError.badFile`.
    func access() throws -> AgentAccess {
        AgentAccess(
            checksCertificates: apiCA != nil, tokens: try apiTokenFile.map(AgentAccess.tokens(file:)) ?? [])
    }

    /// What asks the other agents.
    ///
    /// - Parameter storeCA: the authority they are checked against where callers are known by tokens alone
    /// - Throws: `WebError.badFile`.
    func client(storeCA: String?) throws -> AgentClient {
        guard var tls else { return AgentClient() }
        tls.ca = tls.ca ?? storeCA
        return try AgentClient(tls: tls, tokenFile: nil)
    }
}
