package io.llmproxy.it.faults;

import io.llmproxy.testing.Deployment.Kind;
import java.lang.reflect.Method;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;

/** Enters in the scorecard how each test went. The scorecard is closed, and written, when the last test has ended. */
final class FaultRecorder implements InvocationInterceptor {
    private static final Namespace NAMESPACE = Namespace.create(FaultRecorder.class);

    @Override
    public void interceptTestTemplateMethod(
            Invocation<Void> invocation, ReflectiveInvocationContext<Method> test, ExtensionContext context)
            throws Throwable {
        Scorecard scorecard = context.getRoot().getStore(NAMESPACE).getOrComputeIfAbsent(Scorecard.class);
        Kind kind = (Kind) test.getArguments().get(0);
        boolean passed = false;
        try {
            invocation.proceed();
            passed = true;
        } finally {
            scorecard.enter(test.getExecutable(), kind, passed);
        }
    }
}
