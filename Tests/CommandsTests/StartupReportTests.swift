import Testing

@testable import Commands

struct StartupReportTests {
    private let report = StartupReport(
        version: "1",
        addresses: ["http://127.0.0.1:20128"],
        dataDirectory: "/d",
        newPassword: "SECRETPASSWORD",
        passwordFile: "/d/initial-password",
        needsKey: false,
        isExposed: false,
        connections: 0,
        keys: 0,
        exampleModel: "demo/echo"
    )

    @Test func `a new user sees address, dashboard, password and a command that works`() {
        let text = report.text
        for part in [
            "http://127.0.0.1:20128/v1", "http://127.0.0.1:20128/dashboard", "SECRETPASSWORD", "/d/initial-password",
            "curl http://127.0.0.1:20128/v1/chat/completions -H 'Content-Type: application/json'", "demo/echo",
        ] {
            #expect(text.contains(part))
        }
        #expect(!text.contains("other machines"))
    }

    @Test func `a later start shows no password`() {
        var later = report
        later.newPassword = nil
        #expect(!later.text.contains("Password"))
    }

    @Test func `an exposed server says what that means`() {
        var exposed = report
        exposed.isExposed = true
        exposed.needsKey = true
        #expect(exposed.text.contains("omniroute keys create"))
        #expect(exposed.text.contains("Bearer $OMNIROUTE_KEY"))
        exposed.needsKey = false
        #expect(exposed.text.contains("WARNING"))
    }
}
