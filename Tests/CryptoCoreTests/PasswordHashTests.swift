import CryptoCore
import Testing

struct PasswordHashTests {
    private static let cheap = Argon2id.Cost(memory: 64, passes: 1, lanes: 1)

    @Test func `Argon2id verifies the hash of the reference implementation`() throws {
        let hash = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
        #expect(try Argon2id.verify(Secret("password"), against: hash))
        #expect(try !Argon2id.verify(Secret("Password"), against: hash))
    }

    @Test func `a new hash has the standard cost and verifies`() throws {
        let hash = try PasswordHash.make(Secret("correct horse"))
        #expect(hash.hasPrefix("$argon2id$v=19$m=19456,t=2,p=1$"))
        #expect(try PasswordHash.verify(Secret("correct horse"), against: hash) == .matches)
        #expect(try PasswordHash.verify(Secret("wrong horse"), against: hash) == .doesNotMatch)
        #expect(try PasswordHash.make(Secret("correct horse")) != hash)
    }

    @Test func `a cheaper hash than ours asks to be replaced`() throws {
        let hash = try Argon2id.hash(Secret("x"), cost: Self.cheap)
        #expect(try PasswordHash.verify(Secret("x"), against: hash) == .matchesOldHash)
    }

    @Test(arguments: [
        ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
        ("U*U", "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
        ("U*U", "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
        ("", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy"),
    ])
    func `bcrypt hashes verify and ask to be replaced`(password: String, hash: String) throws {
        #expect(try PasswordHash.verify(Secret(password), against: hash) == .matchesOldHash)
        #expect(try PasswordHash.verify(Secret(password + "!"), against: hash) == .doesNotMatch)
    }

    @Test func `a zero byte does not cut a bcrypt password short`() throws {
        let hash = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
        #expect(try !Bcrypt.verify(Secret("U*U\0anything"), against: hash))
    }

    @Test(arguments: [
        "$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=19$m=65536,t=100000,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$!!!!",
        "$argon2id$v=19$m=65536,t=2",
        "$argon2id$",
        "$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2b$05$short",
        "$2b$xx$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
    ])
    func `damaged and murderous hashes are refused without work`(hash: String) {
        let failure = #expect(throws: CryptoError.self) { try PasswordHash.verify(Secret("x"), against: hash) }
        #expect(failure?.code == .malformedHash)
    }

    @Test(arguments: [
        "$6$rounds=5000$salt$hash", "$5$salt$hash", "$y$j9T$salt$hash", "$7$CU..../....salt$hash", "$1$salt$hash",
        "$argon2i$v=19$m=64,t=1,p=1$c29tZXNhbHQ$aa", "$argon2d$v=19$x$y$z", "$pbkdf2-sha256$29000$salt$hash",
        "{SSHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", "pbkdf2:sha256:260000$salt$hash", "scrypt:32768:8:1$salt$hash",
        "pbkdf2_sha256$260000$salt$hash",
    ])
    func `hashes of other kinds are recognised and not verified`(hash: String) {
        #expect(PasswordHashFormat.recognise(hash) == .other)
        let failure = #expect(throws: CryptoError.self) { try PasswordHash.verify(Secret("x"), against: hash) }
        #expect(failure?.code == .unsupportedHash)
    }

    @Test(arguments: ["", "123456", "CHANGEME", "pa$$word", "$", "$5", "{x", "{}", "correct horse battery", "a:b$c"])
    func `passwords are not taken for hashes`(password: String) {
        #expect(PasswordHashFormat.recognise(password) == nil)
    }

    @Test func `checking nothing costs about as much as checking something`() throws {
        let hash = try PasswordHash.make(Secret("x"))
        let clock = ContinuousClock()
        let something = try clock.measure { _ = try PasswordHash.verify(Secret("y"), against: hash) }
        let nothing = clock.measure { PasswordHash.verifyNothing(Secret("y")) }
        #expect(nothing > something / 5)
    }
}
