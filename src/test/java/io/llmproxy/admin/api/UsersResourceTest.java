package io.llmproxy.admin.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.admin.OperatorToken;
import io.llmproxy.audit.AuditNote;
import io.llmproxy.config.Secret;
import jakarta.ws.rs.container.ContainerRequestContext;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class UsersResourceTest {
    private static final ContainerRequestContext CALL = GatewayFixture.nothing(ContainerRequestContext.class);

    private @Nullable Secret token;
    private final FakePeople people = new FakePeople() {
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
