"""Prices, invoices, the double-entry ledger, payment attempts, the gateway's events, receipts."""

from alembic import op

from migrations.rls import (
    add,
    both,
    change,
    create_schema,
    drop_schema,
    either,
    granted,
    immutable,
    purpose,
    read,
    roles,
    secure,
    system,
)

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

OFFICE = roles("front_desk", "clinic_admin")
PAYER = both(granted(), roles("patient"))
OURS = system("billing", "receipts")


def upgrade() -> None:
    create_schema("billing")
    op.execute(
        """
        CREATE TABLE billing.price (
          tenant_id uuid NOT NULL, id uuid NOT NULL,
          visit_type_id uuid NOT NULL, amount_minor bigint NOT NULL, currency text NOT NULL, valid_from timestamptz NOT NULL,
          CONSTRAINT pk_price PRIMARY KEY (tenant_id, id),
          CONSTRAINT uq_price_visit_type UNIQUE (tenant_id, visit_type_id, valid_from),
          CONSTRAINT fk_price_visit_type FOREIGN KEY (tenant_id, visit_type_id)
            REFERENCES scheduling.visit_type (tenant_id, id),
          CONSTRAINT ck_price_amount CHECK (amount_minor >= 0));

        CREATE TABLE billing.invoice (
          tenant_id uuid NOT NULL, id uuid NOT NULL, patient_id uuid NOT NULL,
          visit_id uuid NOT NULL, number integer NOT NULL, amount_minor bigint NOT NULL, currency text NOT NULL,
          description jsonb NOT NULL, status text NOT NULL, flag text, issued_at timestamptz NOT NULL, paid_at timestamptz,
          CONSTRAINT pk_invoice PRIMARY KEY (tenant_id, id),
          CONSTRAINT uq_invoice_visit UNIQUE (tenant_id, visit_id),
          CONSTRAINT uq_invoice_number UNIQUE (tenant_id, number),
          CONSTRAINT fk_invoice_visit FOREIGN KEY (tenant_id, visit_id) REFERENCES visits.visit (tenant_id, id),
          CONSTRAINT fk_invoice_patient FOREIGN KEY (tenant_id, patient_id) REFERENCES patients.patient (tenant_id, id),
          CONSTRAINT ck_invoice_status CHECK (status IN ('open', 'paid', 'refunded')),
          CONSTRAINT ck_invoice_flag CHECK (flag IN ('overpaid', 'amount-differs')),
          CONSTRAINT ck_invoice_amount CHECK (amount_minor >= 0));
        COMMENT ON COLUMN billing.invoice.description IS 'the visit type''s name by language, as it was when issued';
        CREATE INDEX ix_invoice_patient ON billing.invoice (tenant_id, patient_id, issued_at);
        CREATE INDEX ix_invoice_status ON billing.invoice (tenant_id, status, issued_at);

        CREATE TABLE billing.ledger_entry (
          tenant_id uuid NOT NULL, id uuid NOT NULL, patient_id uuid NOT NULL,
          transaction_id uuid NOT NULL, invoice_id uuid NOT NULL, account text NOT NULL,
          amount_minor bigint NOT NULL, currency text NOT NULL, kind text NOT NULL, booked_at timestamptz NOT NULL,
          CONSTRAINT pk_ledger_entry PRIMARY KEY (tenant_id, id),
          CONSTRAINT uq_ledger_entry_account UNIQUE (tenant_id, transaction_id, account),
          CONSTRAINT fk_ledger_entry_invoice FOREIGN KEY (tenant_id, invoice_id) REFERENCES billing.invoice (tenant_id, id),
          CONSTRAINT ck_ledger_entry_account CHECK
            (account IN ('receivable', 'revenue', 'refunds', 'card-clearing')),
          CONSTRAINT ck_ledger_entry_kind CHECK (kind IN ('invoice', 'payment', 'refund', 'refund-failed')),
          CONSTRAINT ck_ledger_entry_amount CHECK (amount_minor <> 0));
        COMMENT ON COLUMN billing.ledger_entry.amount_minor IS 'positive: debit; negative: credit';
        COMMENT ON COLUMN billing.ledger_entry.transaction_id IS
          'the invoice, payment or refund that is booked: none can be booked twice';
        CREATE INDEX ix_ledger_entry_invoice ON billing.ledger_entry (tenant_id, invoice_id);

        CREATE FUNCTION billing.ledger_balances() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF EXISTS (SELECT 1 FROM billing.ledger_entry AS e
                     WHERE e.tenant_id = NEW.tenant_id AND e.transaction_id = NEW.transaction_id
                     GROUP BY e.currency HAVING sum(e.amount_minor) <> 0)
             OR (SELECT count(DISTINCT e.currency) FROM billing.ledger_entry AS e
                 WHERE e.tenant_id = NEW.tenant_id AND e.transaction_id = NEW.transaction_id) <> 1 THEN
            RAISE EXCEPTION 'a ledger transaction must balance' USING ERRCODE = 'check_violation',
              CONSTRAINT = 'ck_ledger_balances';
          END IF;
          RETURN NULL;
        END $$;
        CREATE CONSTRAINT TRIGGER balances AFTER INSERT ON billing.ledger_entry
          DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing.ledger_balances();

        CREATE TABLE billing.payment_attempt (
          tenant_id uuid NOT NULL, id uuid NOT NULL, patient_id uuid NOT NULL,
          invoice_id uuid NOT NULL, amount_minor bigint NOT NULL, currency text NOT NULL,
          state text NOT NULL, language text NOT NULL, checkout_id text, url text, expires_at timestamptz,
          failure_code text,
          started_at timestamptz NOT NULL, settled_at timestamptz,
          CONSTRAINT pk_payment_attempt PRIMARY KEY (tenant_id, id),
          CONSTRAINT fk_payment_attempt_invoice FOREIGN KEY (tenant_id, invoice_id)
            REFERENCES billing.invoice (tenant_id, id),
          CONSTRAINT ck_payment_attempt_state CHECK
            (state IN ('started', 'waiting', 'declined', 'paid', 'expired', 'failed')));
        COMMENT ON COLUMN billing.payment_attempt.id IS 'the gateway''s idempotency key';
        CREATE UNIQUE INDEX uq_payment_attempt_open ON billing.payment_attempt (tenant_id, invoice_id)
          WHERE state IN ('started', 'waiting', 'declined');

        CREATE TABLE billing.payment (
          tenant_id uuid NOT NULL, id uuid NOT NULL, patient_id uuid NOT NULL,
          invoice_id uuid NOT NULL, attempt_id uuid, gateway_payment_id text NOT NULL,
          amount_minor bigint NOT NULL, currency text NOT NULL, captured_at timestamptz NOT NULL,
          CONSTRAINT pk_payment PRIMARY KEY (tenant_id, id),
          CONSTRAINT uq_payment_gateway UNIQUE (tenant_id, gateway_payment_id),
          CONSTRAINT fk_payment_invoice FOREIGN KEY (tenant_id, invoice_id) REFERENCES billing.invoice (tenant_id, id));

        CREATE TABLE billing.refund (
          tenant_id uuid NOT NULL, id uuid NOT NULL, patient_id uuid NOT NULL,
          invoice_id uuid NOT NULL, payment_id uuid NOT NULL, amount_minor bigint NOT NULL, currency text NOT NULL,
          state text NOT NULL, gateway_refund_id text, asked_by uuid, asked_at timestamptz NOT NULL,
          settled_at timestamptz, failure_code text,
          CONSTRAINT pk_refund PRIMARY KEY (tenant_id, id),
          CONSTRAINT uq_refund_gateway UNIQUE (tenant_id, gateway_refund_id),
          CONSTRAINT fk_refund_payment FOREIGN KEY (tenant_id, payment_id) REFERENCES billing.payment (tenant_id, id),
          CONSTRAINT ck_refund_state CHECK (state IN ('asked', 'pending', 'done', 'failed')));
        COMMENT ON COLUMN billing.refund.asked_by IS 'account; null: made by hand at the gateway';
        CREATE UNIQUE INDEX uq_refund_payment ON billing.refund (tenant_id, payment_id)
          WHERE state IN ('asked', 'pending');

        CREATE TABLE billing.gateway_event (
          tenant_id uuid NOT NULL, id text NOT NULL, kind text NOT NULL, received_at timestamptz NOT NULL,
          CONSTRAINT pk_gateway_event PRIMARY KEY (tenant_id, id));

        CREATE TABLE billing.receipt (
          tenant_id uuid NOT NULL, id uuid NOT NULL, patient_id uuid NOT NULL,
          invoice_id uuid NOT NULL, object_id uuid NOT NULL, language text NOT NULL, size integer NOT NULL,
          sha256 text NOT NULL, rendered_at timestamptz NOT NULL,
          CONSTRAINT pk_receipt PRIMARY KEY (tenant_id, id),
          CONSTRAINT uq_receipt_invoice UNIQUE (tenant_id, invoice_id),
          CONSTRAINT fk_receipt_invoice FOREIGN KEY (tenant_id, invoice_id) REFERENCES billing.invoice (tenant_id, id));
        """
    )
    administrator = either(roles("clinic_admin"), system("provisioning", "demo"))
    secure("billing.price", [read("true"), add(administrator)], grants="SELECT, INSERT")
    reading = read(either(PAYER, OFFICE, OURS))
    secure("billing.invoice", [reading, add(OURS), change(either(OURS, OFFICE))])
    secure("billing.ledger_entry", [reading, add(OURS)], grants="SELECT, INSERT")
    secure(
        "billing.payment_attempt",
        [reading, add(both(PAYER, purpose("payment"))), change(either(both(PAYER, purpose("payment")), OURS))],
    )
    secure("billing.payment", [reading, add(OURS)], grants="SELECT, INSERT")
    secure("billing.refund", [reading, add(either(OFFICE, OURS)), change(OURS)])
    secure("billing.gateway_event", [read(OURS), add(OURS)], grants="SELECT, INSERT")
    secure("billing.receipt", [reading, add(OURS)], grants="SELECT, INSERT")
    for table in ("price", "ledger_entry", "payment", "receipt"):
        immutable(f"billing.{table}")
    immutable("billing.invoice", allow=("status", "flag", "paid_at"))


def downgrade() -> None:
    drop_schema("billing")
