import ArgumentParser
import Crypto
import FoundationEssentials
import Glibc
import Model
import NodeAgent
import SwiftASN1
import X509

/// `quarterdeck certificates`.
struct CertificatesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "certificates",
        abstract: "Make an authority and certificates for machines, their etcd, and operators.",
        discussion: """
            Writes ca.pem, operator.pem and viewer.pem, and NAME.pem for each machine, with their keys (NAME-key.pem), \
            which only you can read. What is there stays: run it again to add machines. Keep ca-key.pem to yourself.
            """)

    @Option(help: "Where the files go.") var dir: String = "certificates"
    @Option(help: "For how many days they are valid.") var days: Int = 3_650
    @Argument(help: "Machines, as NAME=ADDRESS.") var machines: [String] = []

    mutating func validate() throws {
        guard (1...36_500).contains(days) else { throw ValidationError("--days must be 1 to 36500") }
        for machine in machines where Self.parts(machine) == nil {
            throw ValidationError("'\(machine)' is not NAME=ADDRESS")
        }
    }

    func run() async throws {
        var authority = try CertificateFolder(dir, days: days)
        try authority.issue("operator", organization: "operator", addresses: [])
        try authority.issue("viewer", organization: "viewer", addresses: [])
        for (name, address) in machines.compactMap(Self.parts) {
            try authority.issue(name, organization: "machine", addresses: [name, address, "localhost", "127.0.0.1"])
        }
        for path in authority.written { Output.line("written: \(path)") }
        if authority.written.isEmpty { Output.line("everything was there in '\(dir)'") }
    }

    private static func parts(_ text: String) -> (String, String)? {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2, !UnitName.isHostile(parts[0]), Address.isPlain(parts[1]),
            !["ca", "operator", "viewer"].contains(parts[0])
        else { return nil }
        return (parts[0], parts[1])
    }
}

/// A directory with an authority and what it has signed.
struct CertificateFolder {
    private let folder: String
    private let days: Int
    private let key: P256.Signing.PrivateKey
    private let name: DistinguishedName
    private(set) var written: [String] = []

    /// Takes the authority that is there, or makes one.
    init(_ folder: String, days: Int) throws {
        self.folder = folder
        self.days = days
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw CommandFailure(.refused, "cannot make '\(SafeText.name(folder))': it is no place to write to")
        }
        name = try DistinguishedName {
            OrganizationName("quarterdeck")
            CommonName("quarterdeck authority")
        }
        if let old = try? Data(contentsOf: URL(filePath: folder + "/ca-key.pem")) {
            do {
                key = try P256.Signing.PrivateKey(pemRepresentation: String(decoding: old, as: UTF8.self))
            } catch {
                throw CommandFailure(.refused, "'\(folder)/ca-key.pem' is no key that this program made; move it away")
            }
            return
        }
        key = P256.Signing.PrivateKey()
        let certificate = try Self.sign(
            subject: name, issuer: name, days: days, key: key.publicKey, by: key,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
            })
        try write("ca-key.pem", key.pemRepresentation, mode: 0o600)
        try write("ca.pem", certificate.serializeAsPEM().pemString, mode: 0o644)
    }

    /// A certificate for a client, and for a server where it has addresses; what is there stays.
    mutating func issue(_ name: String, organization: String, addresses: [String]) throws {
        if access("\(folder)/\(name).pem", F_OK) == 0 { return }
        let own = P256.Signing.PrivateKey()
        let subject = try DistinguishedName {
            OrganizationName(organization)
            CommonName(name)
        }
        let usages: [ExtendedKeyUsage.Usage] = addresses.isEmpty ? [.clientAuth] : [.serverAuth, .clientAuth]
        let usage = try ExtendedKeyUsage(usages)
        let names = SubjectAlternativeNames(addresses.map(Self.generalName))
        let certificate = try Self.sign(
            subject: subject, issuer: self.name, days: days, key: own.publicKey, by: key,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                usage
                if !addresses.isEmpty { names }
            })
        try write("\(name)-key.pem", own.pemRepresentation, mode: 0o600)
        try write("\(name).pem", certificate.serializeAsPEM().pemString, mode: 0o644)
    }

    private static func generalName(_ address: String) -> GeneralName {
        var four = in_addr()
        if inet_pton(AF_INET, address, &four) == 1 {
            return .ipAddress(ASN1OctetString(contentBytes: withUnsafeBytes(of: &four) { Array($0)[...] }))
        }
        var six = in6_addr()
        if inet_pton(AF_INET6, address, &six) == 1 {
            return .ipAddress(ASN1OctetString(contentBytes: withUnsafeBytes(of: &six) { Array($0)[...] }))
        }
        return .dnsName(address)
    }

    private static func sign(
        subject: DistinguishedName, issuer: DistinguishedName, days: Int, key: P256.Signing.PublicKey,
        by signer: P256.Signing.PrivateKey, extensions: Certificate.Extensions
    ) throws -> Certificate {
        // A day early, for machines whose clocks are behind.
        let now = Date()
        return try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: Certificate.PublicKey(key),
            notValidBefore: now.addingTimeInterval(-86_400),
            notValidAfter: now.addingTimeInterval(Double(days) * 86_400), issuer: issuer, subject: subject,
            signatureAlgorithm: .ecdsaWithSHA256, extensions: extensions,
            issuerPrivateKey: Certificate.PrivateKey(signer))
    }

    /// A file that is there is never replaced; a secret is never readable by others, not even for a moment.
    private mutating func write(_ name: String, _ text: String, mode: mode_t) throws {
        let path = "\(folder)/\(name)"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        guard descriptor >= 0 else {
            throw CommandFailure(.refused, "cannot write '\(path)': \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        let bytes = Array((text.hasSuffix("\n") ? text : text + "\n").utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
            throw CommandFailure(.refused, "cannot write '\(path)': \(String(cString: strerror(errno)))")
        }
        written.append(path)
    }
}
