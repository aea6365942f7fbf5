package io.llmproxy.admin.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.access.Role;
import io.llmproxy.access.User;
import io.llmproxy.admin.OperatorToken;
import io.llmproxy.audit.AuditNote;
import io.llmproxy.config.Secret;
import jakarta.ws.rs.container.ContainerRequestContext;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class UsersResourceTest {
    private static final ContainerRequestContext CALL = GatewayFixture.nothing(ContainerRequestContext.class);

    private @Nullable Secret token;
    private @Nullable AuditNote noted;
    private final FakePeople people = new FakePeople() {
        /** One whose scope was lost. */
        @Override
        public Optional<User.Account> account(String name) {
            User user = new User(name, Role.ADMIN, "", true, Instant.EPOCH, "root", Instant.EPOCH, null);
            return Optional.of(new User.Account(user, "hash"));
        }

        @Override
        public Optional<User> change(String name, User.Change change, boolean spare, AuditNote note) {
            noted = note;
            return account(name).map(User.Account::user);
        }

        @Override
        public boolean remove(String name, boolean spare, AuditNote note) {
            if (!spare) {
                throw new LastAdminException();
            }
            return name.equals("ann");
        }
    };
    private final SignIn signIn = new SignIn(
            new OperatorToken(() -> token, List::of),
            people,
            () -> GatewayFixture.config(GatewayFixture.YAML),
            () -> Instant.EPOCH,
            GatewayFixture.nothing(ScheduledExecutorService.class));
    private final UsersResource users = new UsersResource(people, signIn, List::of, () -> Instant.EPOCH);

    @Test
    void thatALostScopeIsTakenAwayIsNoted() {
        users.change(CALL, "ann", new UsersResource.UserChange(null, "", null, null));
        AuditNote note = Objects.requireNonNull(noted);
        assertThat(note.before()).isEqualTo("{\"scope\":\"\"}");
        assertThat(note.after()).isEqualTo("{\"scope\":null}");
    }

    @Test
    void theLastAdminIsSparedOnlyWhereThereIsATokenForOperators() {
        assertThatThrownBy(() -> users.remove(CALL, "ann")).isInstanceOfSatisfying(Refused.class, refused -> {
            assertThat(refused.status()).isEqualTo(409);
            assertThat(refused.code()).isEqualTo("last_admin");
        });

        token = new Secret("operators-token");
        assertThat(users.remove(CALL, "ann").getStatus()).isEqualTo(204);
        assertThatThrownBy(() -> users.remove(CALL, "eve"))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.status()).isEqualTo(404));
    }
}
