package io.llmproxy.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.access.ApiToken;
import io.llmproxy.access.Digest;
import io.llmproxy.access.KeptSession;
import io.llmproxy.access.People.LastAdminException;
import io.llmproxy.access.Role;
import io.llmproxy.access.User;
import io.llmproxy.audit.AuditNote;
import io.llmproxy.audit.AuditQuery;
import io.llmproxy.store.StoreWorld.Kind;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class PeopleTablesTest {
    private static final Instant NOW = Instant.parse("2026-11-29T00:00:00Z");
    private static final AuditNote NOTE = AuditNote.plain("root", "command", "test");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    @SuppressWarnings("NullAway.Init")
    private StoreWorld world;

    @BeforeEach
    void open() {
        world = new StoreWorld(directory);
    }

    @AfterEach
    void close() {
        world.close();
    }

    private static User.Account account(String name, Role role) {
        return new User.Account(new User(name, role, null, true, NOW, "root", NOW, null), "hash of " + name);
    }

    private static void loseScopes(Database database, String table) {
        var unused = database.write(connection -> {
            try (PreparedStatement update =
                    connection.prepareStatement("update llmproxy." + table + " set scope = null")) {
                return update.executeUpdate();
            }
        });
    }

    private static KeptSession session(String digest, String name, String authentication, @Nullable String token) {
        Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        return new KeptSession(digest, name, Role.EDITOR, null, authentication, token, now, now.plusSeconds(3600));
    }

    @ParameterizedTest
    @EnumSource
    void usersAreMadeChangedAndRemoved(Kind kind) {
        Database database = world.migrated(kind);
        UserTable users = new UserTable(database);
        assertThat(users.all()).isEmpty();
        assertThat(users.create(account("bob", Role.EDITOR), NOTE)).isTrue();
        assertThat(users.create(account("ann", Role.ADMIN), NOTE)).isTrue();
        assertThat(users.create(account("ann", Role.VIEWER), NOTE)).isFalse();

        assertThat(users.all()).extracting(User::name).containsExactly("ann", "bob");
        assertThat(users.account("ann")).contains(account("ann", Role.ADMIN));
        assertThat(users.account("eve")).isEmpty();

        assertThat(users.change("bob", new User.Change(Role.VIEWER, null, false, null), false, NOTE))
                .hasValueSatisfying(user -> assertThat(user)
                        .extracting(User::role, User::enabled, User::passwordAt)
                        .containsExactly(Role.VIEWER, false, NOW));
        assertThat(users.change("bob", new User.Change(null, null, null, "another"), false, NOTE))
                .hasValueSatisfying(
                        user -> assertThat(user.passwordAt()).isAfter(NOW).isNotEqualTo(user.createdAt()));
        assertThat(users.account("bob").orElseThrow().password()).isEqualTo("another");
        assertThat(users.account("bob").orElseThrow().user().role()).isEqualTo(Role.VIEWER);
        assertThat(users.change("eve", new User.Change(Role.ADMIN, null, null, null), false, NOTE))
                .isEmpty();

        users.seen("bob", NOW);
        assertThat(users.account("bob").orElseThrow().user().seenAt()).isEqualTo(NOW);
        assertThat(users.remove("bob", false, NOTE)).isTrue();
        assertThat(users.remove("bob", false, NOTE)).isFalse();
        AuditTable audit = new AuditTable(database);
        assertThat(audit.verify(Map.of()).entries()).isEqualTo(5);
        assertThat(audit.find(new AuditQuery(9, 9, null, null, null, null, null, null)))
                .allMatch(entry -> entry.note().equals(NOTE));
    }

    @ParameterizedTest
    @EnumSource
    void theLastAdminStaysUnlessOneCanBeSpared(Kind kind) {
        UserTable users = new UserTable(world.migrated(kind));
        users.create(account("ann", Role.ADMIN), NOTE);
        users.create(account("bob", Role.ADMIN), NOTE);
        users.create(account("eve", Role.EDITOR), NOTE);
        users.change("bob", new User.Change(null, null, false, null), false, NOTE);

        assertThatThrownBy(() -> users.remove("ann", false, NOTE)).isInstanceOf(LastAdminException.class);
        assertThatThrownBy(() -> users.change("ann", new User.Change(Role.EDITOR, null, null, null), false, NOTE))
                .isInstanceOf(LastAdminException.class);
        assertThatThrownBy(() -> users.change("ann", new User.Change(null, null, false, null), false, NOTE))
                .isInstanceOf(LastAdminException.class);
        assertThat(users.change("ann", new User.Change(Role.ADMIN, null, true, "p"), false, NOTE))
                .isPresent();
        assertThat(users.remove("eve", false, NOTE)).isTrue();
        assertThat(users.remove("ann", true, NOTE)).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void tokensAreFoundByTheirDigests(Kind kind) {
        TokenTable tokens = new TokenTable(world.migrated(kind));
        ApiToken ci = new ApiToken("1", "ci", Role.EDITOR, null, NOW, "ann", NOW.plusSeconds(60), null);
        ApiToken ops = new ApiToken("2", "Ops", Role.ADMIN, null, NOW, "ann", null, null);
        assertThat(tokens.create(ci, Digest.of("a"), NOTE)).isTrue();
        assertThat(tokens.create(ops, Digest.of("b"), NOTE)).isTrue();
        assertThat(tokens.create(
                        new ApiToken("3", "ci", Role.VIEWER, null, NOW, "ann", null, null), Digest.of("c"), NOTE))
                .isFalse();

        assertThat(tokens.all()).containsExactlyInAnyOrder(ops, ci);
        assertThat(tokens.find(Digest.of("a"))).contains(ci);
        assertThat(tokens.find("a")).isEmpty();
        assertThat(ci.isExpired(NOW)).isFalse();
        assertThat(ci.isExpired(NOW.plusSeconds(60))).isTrue();
        assertThat(ops.isExpired(NOW.plusSeconds(60))).isFalse();
        tokens.used("1", NOW.plusSeconds(5));
        assertThat(tokens.find(Digest.of("a")).orElseThrow().usedAt()).isEqualTo(NOW.plusSeconds(5));
        assertThat(tokens.revoke("1", NOTE)).isTrue();
        assertThat(tokens.revoke("1", NOTE)).isFalse();
        assertThat(tokens.find(Digest.of("a"))).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void aRoleThatIsBoundToAScopeIsNoWholeOne(Kind kind) {
        Database database = world.migrated(kind);
        UserTable users = new UserTable(database);
        users.create(account("ann", Role.ADMIN), NOTE);
        User lead = new User("lead", Role.ADMIN, "search", true, NOW, "root", NOW, null);
        users.create(new User.Account(lead, "hash"), NOTE);
        assertThat(users.account("lead").orElseThrow().user()).isEqualTo(lead);
        assertThatThrownBy(() -> users.remove("ann", false, NOTE)).isInstanceOf(LastAdminException.class);
        assertThatThrownBy(() -> users.change("ann", new User.Change(null, "search", null, null), false, NOTE))
                .isInstanceOf(LastAdminException.class);
        // So it is for a node of a release that knows no scopes: it finds no role of this name.
        assertThat(RoleText.of(Role.ADMIN, "search")).isEqualTo("scoped-admin");

        SessionTable sessions = new SessionTable(database);
        sessions.open(session("1", "lead", KeptSession.PASSWORD, null));
        assertThat(sessions.find("1").orElseThrow())
                .extracting(KeptSession::role, KeptSession::scope)
                .containsExactly(Role.ADMIN, "search");
        Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        KeptSession realm =
                new KeptSession("2", "realm:x", Role.EDITOR, "ads", "realm", null, now, now.plusSeconds(60));
        sessions.open(realm);
        assertThat(sessions.find("2")).contains(realm);

        // What was bound, and has lost its scope, reaches nothing.
        loseScopes(database, "admin_user");
        loseScopes(database, "admin_session");
        assertThat(users.account("lead").orElseThrow().user())
                .extracting(User::role, User::scope, User::isAdmin)
                .containsExactly(Role.ADMIN, "", false);
        assertThat(sessions.find("1").orElseThrow().scope()).isEmpty();
        assertThat(sessions.find("2").orElseThrow().scope()).isEmpty();

        // Neither does a role of a newer release.
        assertThat(RoleText.read("auditor")).isEqualTo(Role.VIEWER);
        assertThat(RoleText.scope("auditor", null)).isEmpty();
        assertThat(RoleText.scope("viewer", null)).isNull();

        assertThat(users.change("lead", new User.Change(null, "", null, null), false, NOTE))
                .hasValueSatisfying(user -> assertThat(user.isAdmin()).isTrue());
        assertThat(users.remove("ann", false, NOTE)).isTrue();

        TokenTable tokens = new TokenTable(database);
        ApiToken ci = new ApiToken("1", "ci", Role.VIEWER, "search", NOW, "ann", null, null);
        tokens.create(ci, Digest.of("a"), NOTE);
        assertThat(tokens.all()).containsExactly(ci);
        loseScopes(database, "api_token");
        assertThat(tokens.find(Digest.of("a")).orElseThrow().scope()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void aUsersSessionsFollowTheUser(Kind kind) {
        Database database = world.migrated(kind);
        UserTable users = new UserTable(database);
        SessionTable sessions = new SessionTable(database);
        users.create(account("ann", Role.ADMIN), NOTE);
        users.create(account("bob", Role.ADMIN), NOTE);
        sessions.open(session("1", "ann", KeptSession.PASSWORD, null));
        sessions.open(session("2", "bob", KeptSession.PASSWORD, null));
        sessions.open(session("3", "ann", "realm", null));
        sessions.open(session("4", "operator", "operator_token", "digest"));

        assertThat(sessions.find("1"))
                .hasValueSatisfying(found -> assertThat(found.role()).isEqualTo(Role.ADMIN));
        assertThat(sessions.find("3"))
                .hasValueSatisfying(found -> assertThat(found.role()).isEqualTo(Role.EDITOR));
        assertThat(sessions.find("4"))
                .hasValueSatisfying(found -> assertThat(found.opener()).isEqualTo("digest"));
        assertThat(sessions.find("9")).isEmpty();
        sessions.used("1", NOW.plusSeconds(9));
        assertThat(sessions.find("1").orElseThrow().usedAt()).isEqualTo(NOW.plusSeconds(9));

        users.change("ann", new User.Change(Role.VIEWER, null, null, null), false, NOTE);
        assertThat(sessions.find("1")).isEmpty();
        assertThat(sessions.find("3")).isPresent();
        sessions.close("2");
        assertThat(sessions.find("2")).isEmpty();
        sessions.open(session("5", "eve", KeptSession.PASSWORD, null));
        assertThat(sessions.find("5")).isEmpty();
    }
}
